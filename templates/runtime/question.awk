# Is an answer a question to a person?  Then its first line, but for blank ones and the marks of Markdown, says so.
#
#   LC_ALL=C awk -v program=question -f lib.awk FILE        prints the question, on one line; exit status 1 if it is none

program == "question" {
  asked_line = asked_line == "" ? asks($0) : asked_line
  if (asked_line == "" && passed_over($0)) next
  if (asked_line == "") exit
  # If the line has only the marker, the text after it is the question.
  asked_text = asked_text " " (asked_text == "" ? substr(asked_line, 2) : $0)
  if (length(asked_text) > 400) exit
}

END {
  if (program == "question") {
    if (asked_line == "") exit 1
    print question_of(asked_text)
  }
}

# asks(LINE): ":" and what stands behind the word, or "".
function asks(line,    at) {
  line = uncoloured(substr(line, 1, 10000))
  at = index(toupper(line), "WAVEMAKE-QUESTION:")
  if (!at || substr(line, 1, at - 1) ~ /[0-9A-Za-z]/) return ""
  return ":" substr(line, at + 18)
}

# A blank line, a rule, the beginning of a fence.
function passed_over(line) { return line ~ /^[ \t]*(```|~~~)/ || line !~ /[0-9A-Za-z]/ && line !~ /[\200-\377]/ || blank(line) }

# is_question(TEXT): for the envelopes.
function is_question(text,    line, n, i) {
  if (!index(toupper(text), "WAVEMAKE-QUESTION:")) return 0
  n = split(substr(text, 1, 10000), line, "\n")
  for (i = 1; i <= n; i++) {
    if (asks(line[i]) != "") return 1
    if (!passed_over(line[i])) return 0
  }
  return 0
}

# Some CLIs ask again for what they want, and print the question twice.
function question_of(text,    at) {
  at = index(toupper(text), "WAVEMAKE-QUESTION:")
  if (at > 1) text = substr(text, 1, at - 1)
  gsub(/[ \t]+/, " ", text)
  sub(/ *```$/, "", text)
  sub(/^[ *_]+/, "", text)
  sub(/[ *_]+$/, "", text)
  return clip(text, 300)
}
