# Accounts that a package needs: PKG_GROUPS holds name:gid, PKG_USERS name:group:uid. create-usergroup
# adds those that are missing; USERGROUP_PHASE says before which stage (configure, build, pre-install) a
# bulk builder must call it.

PASSWD_FILE?=	/etc/passwd
GROUP_FILE?=	/etc/group

.PHONY: create-usergroup
create-usergroup:
.for group in ${PKG_GROUPS}
	@grep -q '^${group:C/:.*//}:' ${GROUP_FILE} || { ${STEP} "Adding group ${group:C/:.*//}"; \
		echo '${group:C/:.*//}:x:${group:C/.*://}:' >>${GROUP_FILE}; }
.endfor
.for user in ${PKG_USERS}
	@grep -q '^${user:C/:.*//}:' ${PASSWD_FILE} || { ${STEP} "Adding user ${user:C/:.*//}"; \
		gid=$$(awk -F: '$$1 == "${user:C/^[^:]*:([^:]*):.*/\1/}" { print $$3 }' ${GROUP_FILE}); \
		echo "${user:C/:.*//}:x:${user:C/.*://}:$${gid:?}:${PKGBASE} user:/nonexistent:/sbin/nologin" \
			>>${PASSWD_FILE}; }
.endfor
