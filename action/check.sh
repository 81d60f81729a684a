#!/usr/bin/env bash
# Checks one revision of memscope-rs against another, and shows the report in the run's summary and in one comment on
# the pull request. It exits with 1 if the verdict is "worse", and with 2 if there is none. The action sets these:
#
#   CHECK_PROGRAM     the program
#   CHECK_REPOSITORY  the folder of memscope-rs; CHECK_BASE and CHECK_HEAD are revisions of its repository
#   CHECK_MINUTES     the time for measuring
#   CHECK_BUDGET      a file of limits; may be empty
#   CHECK_COMMENT     true to comment on PULL_REQUEST, which is empty outside of one; GH_TOKEN is the token for it
#   HEAD_REPOSITORY   the repository that a pull request comes from; a fork's token cannot comment
#
# The rest is GitHub's own: GITHUB_OUTPUT, GITHUB_STEP_SUMMARY, GITHUB_REPOSITORY, GITHUB_WORKFLOW, GITHUB_JOB,
# GITHUB_RUN_ID, GITHUB_SERVER_URL, RUNNER_OS, RUNNER_ARCH and RUNNER_TEMP. Elsewhere none of them is set, and the
# report is printed.
set -euo pipefail

fail() { echo "::error title=memscope-bench::$*"; exit 2; }
notice() { echo "::notice title=memscope-bench::$*"; }

repository=${CHECK_REPOSITORY:-.}
base=${CHECK_BASE:-}
head=${CHECK_HEAD:-}
# Elsewhere nobody reads these; the program prints the report.
: "${GITHUB_OUTPUT:=/dev/null}" "${GITHUB_STEP_SUMMARY:=/dev/null}"

[ -n "$base" ] || fail "no base: set the input 'base', or run for a pull request"
# Git's message explains a repository that another user owns, as in a container, and how to trust it.
complaint=$(git -C "$repository" rev-parse --git-dir 2>&1 > /dev/null) \
  || fail "repository-path '$repository' is not in a git repository that git reads: ${complaint//$'\n'/ }"
[ -n "$head" ] || head=$(git -C "$repository" rev-parse --quiet --verify HEAD) || fail "'$repository' has no commit"
for revision in "$base" "$head"; do
  git -C "$repository" rev-parse --quiet --verify --end-of-options "$revision^{commit}" > /dev/null \
    || fail "'$revision' is not a commit of '$repository': check it out with 'fetch-depth: 0'"
done

# A new folder, so that an earlier report is not mistaken for this one.
output=$(mktemp -d "${RUNNER_TEMP:-/tmp}/memscope-check-XXXXXX")
report=$output/check.md
arguments=(check --base "$repository@$base" --head "$repository@$head")
arguments+=(--minutes "${CHECK_MINUTES:-10}" --output "$output")
# On other systems nothing can be counted, and in some containers valgrind cannot be installed.
if [ "$(uname)" != Linux ] || ! command -v valgrind > /dev/null; then arguments+=(--without-counts); fi
[ -z "${CHECK_BUDGET:-}" ] || arguments+=(--budget "$CHECK_BUDGET")

# The program prints subjects of commits, which may look like commands to the runner.
pause=$(od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n')
code=0
echo "::stop-commands::$pause"
"$CHECK_PROGRAM" "${arguments[@]}" || code=$?
echo "::$pause::"

case $code in
  0) verdict=ok ;;
  1) verdict=worse ;;
  3) verdict=cannot-tell ;;
  *) fail "memscope-bench check exited with $code and without a verdict: its output has the reason" ;;
esac
[ -s "$report" ] || fail "memscope-bench check exited with $code and wrote no $report"

{ echo "verdict=$verdict"; echo "report=$report"; } >> "$GITHUB_OUTPUT"
cat "$report" >> "$GITHUB_STEP_SUMMARY"

# The marker, which GitHub does not show, finds the comment again. Each job has its own, also in a matrix of systems.
comment() {
  local marker body list filter comments id
  marker=$(printf '%s ' "${GITHUB_WORKFLOW:-}" "${GITHUB_JOB:-job}" "${RUNNER_OS:-}" "${RUNNER_ARCH:-}" \
    | tr -cd '[:alnum:] ._-' | tr -s ' -')
  marker="${marker# }"
  marker="<!-- memscope-bench check: ${marker% } -->"
  body=$output/comment.md
  {
    echo "$marker"
    cat "$report"
    printf '\n[The run](%s/%s/actions/runs/%s)\n' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID"
  } > "$body"
  list=repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
  # Each comment's number and first line.
  filter='.[] | "\(.id)\t\(.body | split("\n")[0])"'
  comments=$(gh api --paginate "$list?per_page=100" --jq "$filter") || return 1
  # GitHub ends the lines of some comments with a carriage return and a line feed.
  id=$(tr -d '\r' <<< "$comments" | awk -F '\t' -v marker="$marker" '$2 == marker && !found++ { print $1 }')
  if [ -n "$id" ]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$body" || return 1
  else
    gh api --silent --method POST "$list" --field "body=@$body" || return 1
  fi
}

if [ "${CHECK_COMMENT:-true}" != true ] || [ -z "${PULL_REQUEST:-}" ]; then
  :
elif [ "${HEAD_REPOSITORY:-$GITHUB_REPOSITORY}" != "$GITHUB_REPOSITORY" ]; then
  notice "No comment: the token of a pull request from $HEAD_REPOSITORY is read-only. See the run's summary."
elif [ -z "${GH_TOKEN:-}" ]; then
  notice "No comment: the input 'github-token' is empty. See the run's summary."
elif ! command -v gh > /dev/null; then
  # A container need not have it.
  notice "No comment: GitHub's program gh is not installed. See the run's summary."
elif ! comment; then
  # The verdict does not depend on it.
  echo "::warning title=memscope-bench::No comment: GitHub refused it. Does the job have pull-requests: write?"
fi

case $verdict in
  ok) notice "ok: nothing is worse" ;;
  worse) echo "::error title=memscope-bench::worse: see the run's summary" ;;
  cannot-tell) echo "::warning title=memscope-bench::cannot tell: more minutes may decide it" ;;
esac
[ "$verdict" != worse ] || exit 1
