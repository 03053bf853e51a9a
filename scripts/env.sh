# Sourced, by any POSIX shell: puts the tools that scripts/bootstrap found or made in reach, so that cargo leptos
# watch, build and end-to-end work as they are. It only reads what the bootstrap wrote; run `make build` once before.
# shellcheck shell=sh

portico_cache=${PORTICO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portico}
tool_path=

if [ -r "$portico_cache/env" ]; then
    # shellcheck source=/dev/null
    . "$portico_cache/env"
    if [ -z "${PORTICO_CHROMIUM:-}" ] && [ -r "$portico_cache/env.browser" ]; then
        # shellcheck source=/dev/null
        . "$portico_cache/env.browser"
    fi
    case "$PATH" in
    "$tool_path":*) ;;
    *) export PATH="$tool_path:$PATH" ;;
    esac
else
    echo 'env.sh: the tools are not there yet; run scripts/bootstrap run, then source this again.' >&2
fi
unset portico_cache tool_path
