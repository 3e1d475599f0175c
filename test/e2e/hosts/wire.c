/*
 * wire A B DELAY_MS LOSS_PER_MILLE SEED
 *
 * Carries frames between two interfaces of this network namespace, each of them late by the same time, some of them not at all.
 * What netem does, for kernels that come without it. Prints "ready" when it carries.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A segment that the kernel has not cut yet is longer than a frame; what it has left to do stands in a header before it. */
#define FRAME_MAX (65536 + 256)
#define WAITING_MAX 20000

struct frame {
	struct frame *next;
	int64_t due_us;
	size_t size;
	char bytes[];
};

struct side {
	int socket;
	struct frame *first, **last;
};

static size_t waiting;

static void fail(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void open_side(struct side *side, const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int yes = 1, size = 8 << 20;

	side->first = NULL;
	side->last = &side->first;
	/* Bound before it hears anything: unbound, it would hear all interfaces. */
	if ((side->socket = socket(AF_PACKET, SOCK_RAW, 0)) < 0)
		fail("socket");
	if ((address.sll_ifindex = (int)if_nametoindex(name)) == 0)
		fail(name);
	if (setsockopt(side->socket, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof yes) < 0)
		fail("PACKET_VNET_HDR");
	setsockopt(side->socket, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	setsockopt(side->socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
	if (bind(side->socket, (struct sockaddr *)&address, sizeof address) < 0)
		fail("bind");
}

static void take(struct side *from, struct side *to, int delay_ms, int loss)
{
	static char buffer[FRAME_MAX];
	struct sockaddr_ll source;
	socklen_t length = sizeof source;
	ssize_t size = recvfrom(from->socket, buffer, sizeof buffer, MSG_DONTWAIT,
	    (struct sockaddr *)&source, &length);
	struct frame *frame;

	/* What this program sends there is shown to it as well. */
	if (size <= 0 || source.sll_pkttype == PACKET_OUTGOING)
		return;
	if (rand() % 1000 < loss || waiting >= WAITING_MAX)
		return;
	if ((frame = malloc(sizeof *frame + (size_t)size)) == NULL)
		return;
	memcpy(frame->bytes, buffer, (size_t)size);
	frame->size = (size_t)size;
	frame->due_us = now_us() + (int64_t)delay_ms * 1000;
	frame->next = NULL;
	*to->last = frame;
	to->last = &frame->next;
	waiting++;
}

static void deliver(struct side *to)
{
	struct frame *frame;

	while ((frame = to->first) != NULL && frame->due_us <= now_us()) {
		/* A full or vanished interface loses frames, as cables do. */
		(void)!send(to->socket, frame->bytes, frame->size, MSG_DONTWAIT);
		if ((to->first = frame->next) == NULL)
			to->last = &to->first;
		free(frame);
		waiting--;
	}
}

static int pause_ms(const struct side *a, const struct side *b)
{
	int64_t due = INT64_MAX, left;

	if (a->first != NULL)
		due = a->first->due_us;
	if (b->first != NULL && b->first->due_us < due)
		due = b->first->due_us;
	if (due == INT64_MAX)
		return -1;
	left = due - now_us();
	return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

int main(int argc, char **argv)
{
	struct side a, b;
	int delay_ms, loss;

	if (argc != 6) {
		fprintf(stderr, "usage: wire A B DELAY_MS LOSS_PER_MILLE SEED\n");
		return 2;
	}
	delay_ms = atoi(argv[3]);
	loss = atoi(argv[4]);
	srand((unsigned)atoi(argv[5]));
	open_side(&a, argv[1]);
	open_side(&b, argv[2]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd polled[] = { { a.socket, POLLIN, 0 }, { b.socket, POLLIN, 0 } };

		if (poll(polled, 2, pause_ms(&a, &b)) < 0 && errno != EINTR)
			fail("poll");
		/* A pair of interfaces that is gone has nothing to carry any more. */
		if (if_nametoindex(argv[1]) == 0 || if_nametoindex(argv[2]) == 0)
			return 0;
		if (polled[0].revents)
			take(&a, &b, delay_ms, loss);
		if (polled[1].revents)
			take(&b, &a, delay_ms, loss);
		deliver(&a);
		deliver(&b);
	}
}
