#!/bin/sh
# The set-up scripts are executable, parse in a plain POSIX shell, and name no other shell's features.
set -u
cd "${MCPLOG_SOURCE:-$(dirname "$0")/../..}" || exit 1
bad=0
fail() {
    echo "$1"
    bad=1
}
[ -x quickstart ] || fail "quickstart:1: is not executable; chmod +x quickstart"
[ -x .ci/run ] || fail ".ci/run:1: is not executable; chmod +x .ci/run"
sh -n quickstart || fail "quickstart:1: does not parse in sh"
bash -n .ci/run || fail ".ci/run:1: does not parse in bash"
head -n 1 quickstart | grep -qx '#!/bin/sh' || fail "quickstart:1: must begin with #!/bin/sh"
if grep -nE '\[\[|(^|[^$])\(\(|\bfunction \b|\blocal \b|<<<' quickstart; then
    fail "quickstart: uses what plain sh does not have (see the lines above)"
fi
for option in MCPLOG_SANITIZE MCPLOG_COVERAGE MCPLOG_FUZZ MCPLOG_WERROR; do
    grep -q "option($option " CMakeLists.txt || fail "CMakeLists.txt:1: has no option $option"
done
exit $bad
