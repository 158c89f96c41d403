# Replaces the values of secret variables of the environment by their names.
#
#   LC_ALL=C awk -v program=mask -v mask_also="NAME ..." -v mask_find=1 -f lib.awk FILE...   prints the files that have one
#   LC_ALL=C awk -v program=mask -v mask_also="NAME ..." -f lib.awk FILE                     prints the file without them
#   LC_ALL=C awk -v program=mask -v mask_any=1 -f lib.awk                                    is there any such value?
#
# Secret are the variables whose names say so, and those of mask_also.  A short value is not a secret: it would be found
# everywhere.

BEGIN { if (program == "mask") mask_read() }
BEGIN { if (program == "mask" && mask_any) exit !mask_count }

program == "mask" && mask_find && !(FILENAME in mask_found) && mask_has($0) { mask_found[FILENAME]; print FILENAME }
program == "mask" && !mask_find { print mask_line($0) }

function mask_read(    name, wanted, n, i, part) {
  n = split(mask_also, part, " ")
  for (i = 1; i <= n; i++) wanted[part[i]]
  for (name in ENVIRON) {
    if ((name in wanted) || mask_says(name)) mask_add(name, ENVIRON[name])
    if (match(ENVIRON[name], /:\/\/[^\/:@ \n]*:[^\/@ \n]+@/))
      mask_keep(name, mask_after_colon(substr(ENVIRON[name], RSTART + 3, RLENGTH - 4)))
  }
}

# The password of "user:password", which stands in an address.
function mask_after_colon(s) {
  return substr(s, index(s, ":") + 1)
}

function mask_says(name) {
  # A variable that is just called "key" may well be the key of a table.
  if (name ~ /^WAVEMAKE_/ || name ~ /^[Kk][Ee][Yy][Ss]?$/ || name ~ /^(OLD)?PWD$/) return 0
  if (toupper(name) ~ /(PASSWORD|PASSWD|PASSPHRASE|APIKEY|TOKEN|SECRET)S?$|(^|_)(PASS|PWD|PAT|JWT|BEARER|COOKIE)$|^SSHPASS$/) return 1
  return toupper(name) ~ /(^|_)((API|ACCESS|AUTH|PRIVATE|SECRET)?(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)S?)(_|$)/
}

# mask_add: each line of a value separately, as it is and as in JSON; the longest come first.
function mask_add(name, value,    line, n, i, quoted) {
  n = split(value, line, "\n")
  for (i = 1; i <= n; i++) {
    mask_keep(name, line[i])
    quoted = json_quote(line[i])
    mask_keep(name, substr(quoted, 2, length(quoted) - 2))
  }
}

function mask_keep(name, value,    i) {
  if (length(value) < 8) return
  for (i = ++mask_count; i > 1 && length(mask_value[i - 1]) < length(value); i--) {
    mask_value[i] = mask_value[i - 1]
    mask_name[i] = mask_name[i - 1]
  }
  mask_value[i] = value
  mask_name[i] = name
}

function mask_has(s,    i) {
  for (i = 1; i <= mask_count; i++) if (index(s, mask_value[i])) return 1
  return 0
}

function mask_line(s,    i, at, done) {
  for (i = 1; i <= mask_count; i++) {
    done = ""
    while ((at = index(s, mask_value[i]))) {
      done = done substr(s, 1, at - 1) "***" mask_name[i] "***"
      s = substr(s, at + length(mask_value[i]))
    }
    s = done s
  }
  return s
}
