# Targets that print variables and do nothing else: one value a line, an empty line for an empty one.

.PHONY: show-var show-vars show-subdir-var

show-var show-subdir-var:
	@printf '%s\n' ''${${VARNAME}:Q}

show-vars:
	@printf '%s\n' ${VARNAMES:@name@''${${name}:Q}@}
