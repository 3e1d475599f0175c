# The ground that the demo and the tests stand on; sourced with the project's root as working directory.
#
#   ground_node            npm ci, unless node_modules is there and as new as the lock file
#   ground_programs        bmake, a C compiler and friends, through the host's package manager
#
# It says what it is about to install. Into ./node_modules it just installs; on the host it asks first, unless YES=1 or CI is
# set, and without a terminal to ask on installs nothing. What is missing and may not be installed is named with the command that
# would install it.

say() { printf '%s\n' "$*" >&2; }

may() {
  if [ "${YES:-}" = 1 ] || [ -n "${CI:-}" ]; then return 0; fi
  if [ ! -t 0 ]; then return 1; fi
  printf '%s [y/N] ' "$1" >&2
  read -r reply || return 1
  case $reply in [yY]*) return 0 ;; *) return 1 ;; esac
}

ground_node() {
  command -v npm >/dev/null 2>&1 || { say "npm is missing: install Node.js 20 or newer first"; return 1; }
  if [ -f node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ]; then
    return 0
  fi
  say "Installing the libraries of package-lock.json, with Node 24 among them, into ./node_modules (npm ci)."
  npm ci --ignore-scripts --loglevel=error >&2
}

# name of the program | Debian | Fedora | Alpine | Arch | SUSE | pkgsrc | FreeBSD | Homebrew
programs='
bmake|bmake|bmake|bmake|bmake|bmake|bmake|bmake|bmake
cc|gcc libc6-dev|gcc|gcc musl-dev|gcc|gcc|gcc12||gcc
unshare|util-linux|util-linux|util-linux util-linux-misc|util-linux|util-linux|||
awk|mawk|gawk|gawk|gawk|gawk|||
tar|tar|tar|tar|tar|tar|||
gzip|gzip|gzip|gzip|gzip|gzip|||
ip|iproute2|iproute|iproute2|iproute2|iproute2|||
'

package_manager() {
  for manager in apt-get dnf apk pacman zypper pkgin pkg brew; do
    if command -v $manager >/dev/null 2>&1; then printf '%s\n' $manager; return; fi
  done
}

# manager -> column of the table, install command
manager_column() {
  case $1 in
    apt-get) echo 2 ;; dnf) echo 3 ;; apk) echo 4 ;; pacman) echo 5 ;; zypper) echo 6 ;;
    pkgin) echo 7 ;; pkg) echo 8 ;; brew) echo 9 ;;
  esac
}

# What a person would type.
manager_command() {
  case $1 in
    apk) echo apk add ;;
    pacman) echo pacman -S ;;
    *) echo "$1 install" ;;
  esac
}

manager_install() {
  manager=$1; shift
  case $manager in
    apt-get) apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" ;;
    pacman) pacman -S --noconfirm "$@" ;;
    zypper) zypper --non-interactive install "$@" ;;
    apk) apk add "$@" ;;
    brew) brew install "$@" ;;
    *) "$manager" install -y "$@" ;;
  esac
}

ground_programs() {
  missing=''
  for program in bmake cc unshare ip awk tar gzip; do
    case $program in unshare | ip) [ "$(uname -s)" = Linux ] || continue ;; esac
    command -v $program >/dev/null 2>&1 || missing="$missing $program"
  done
  if [ -z "$missing" ]; then return 0; fi
  manager=$(package_manager)
  if [ -z "$manager" ]; then
    say "Missing on this host:$missing. No package manager is at hand that this script knows: install them by hand."
    return 1
  fi
  column=$(manager_column "$manager")
  packages=''
  for program in $missing; do
    packages="$packages $(printf '%s\n' "$programs" | awk -F'|' -v p="$program" -v c="$column" '$1 == p { print $c }')"
  done
  # shellcheck disable=SC2086 # a list of plain words from the table above
  set -- $packages
  say "Missing on this host:$missing. To be installed with $manager: $*"
  if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
    say "That needs root. As root: $(manager_command "$manager") $*"
    return 1
  fi
  if ! may "Install them now?"; then
    say "Not installed. To do it by hand: $(manager_command "$manager") $*   (or run again with YES=1)"
    return 1
  fi
  manager_install "$manager" "$@" >&2
}
