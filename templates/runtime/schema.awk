# Does an answer fit a JSON Schema?
#
#   LC_ALL=C awk -v schema_file=FILE -f schema.awk ANSWER
#
# Prints the first fault, with its place in the answer, such as `$.files[3].name: is not there`; exit status 0 if there is
# none.  compiler/answer_schema.py lists the keywords that are known here; a schema with others is not compiled.

@include "json.awk"
@include "text.awk"

{ answer_lines[NR] = $0 }

END {
  schema_root = read_schema(schema_file)
  if (schema_root == "") fault = "its JSON Schema cannot be read: " schema_file
  else {
    fault = fault_of_answer(json_join(answer_lines, 1, NR, "\n"))
    if (fault == "") exit 0
  }
  print clip(fault, 400)
  exit 1
}

function read_schema(file,    line, all, n) {
  while ((getline line < file) > 0) all[++n] = line
  return whole_value(json_join(all, 1, n, "\n"))
}

# whole_value TEXT: the value with its kind before it, or "" if the text is not JSON.  Within an array any value is a member.
function whole_value(text,    value, kind) {
  if (json_scan("[" text "\n]", value, kind) != "array" || !(1 in value) || (2 in value)) return ""
  return kind[1] " " value[1]
}

function fault_of_answer(text,    whole) {
  whole = whole_value(text)
  if (whole == "") return "the answer is not JSON"
  return fault_at(schema_root, value_of(whole), kind_of_value(whole), "$", 0)
}

function kind_of_value(whole) { return substr(whole, 1, index(whole, " ") - 1) }

function value_of(whole) { return substr(whole, index(whole, " ") + 1) }

# fault_at(SCHEMA, VALUE, KIND, PLACE, DEPTH): SCHEMA with its kind before it; VALUE as json_scan gives it.
function fault_at(schema, value, kind, place, depth,    key, of, fault) {
  if (depth > 100) return place ": is nested too deep for its JSON Schema"
  if (kind_of_value(schema) == "boolean") return value_of(schema) == "true" ? "" : place ": may not be there"
  if (json_scan(value_of(schema), key, of) != "object") return place ": its JSON Schema is none"
  if ("$ref" in key) {
    fault = fault_at(referred(json_text(key["$ref"])), value, kind, place, depth + 1)
    if (fault != "") return fault
  }
  fault = fault_of_value(key, of, value, kind, place)
  if (fault == "") fault = fault_of_parts(key, of, value, kind, place, depth)
  if (fault == "" && kind == "object") fault = fault_of_object(key, of, value, place, depth)
  if (fault == "" && kind == "array") fault = fault_of_array(key, of, value, place, depth)
  return fault
}

# referred NAME: the part of the schema that #/$defs/NAME, or # alone, stands for.
function referred(name,    step, n, i, here, key, of) {
  here = schema_root
  n = split(name, step, "/")
  for (i = 2; i <= n; i++) {
    gsub(/~1/, "/", step[i])
    gsub(/~0/, "~", step[i])
    if (json_scan(value_of(here), key, of) != "object" || !(step[i] in key)) return "boolean false"
    here = of[step[i]] " " key[step[i]]
  }
  return here
}

# --- the value itself ----------------------------------------------------------

function fault_of_value(key, of, value, kind, place,    n, item, kinds, i, names, text) {
  if ("type" in key) {
    if (of["type"] == "string") names = is_of_type(json_text(key["type"]), value, kind) ? "" : json_text(key["type"])
    else {
      json_scan(key["type"], item, kinds)
      for (i = 1; i in item; i++) {
        if (is_of_type(json_text(item[i]), value, kind)) {
          names = ""
          break
        }
        names = names (names == "" ? "" : " or ") json_text(item[i])
      }
    }
    if (names != "") return place ": must be of type " names ", and is " shown_kind(value, kind)
  }
  if (("const" in key) && !same(key["const"], of["const"], value, kind)) return place ": must be " shown_value(key["const"], of["const"])
  if ("enum" in key) {
    json_scan(key["enum"], item, kinds)
    for (i = 1; i in item; i++) if (same(item[i], kinds[i], value, kind)) break
    if (!(i in item)) return place ": must be one of " key["enum"]
  }
  if (kind == "number") return fault_of_number(key, value + 0, place)
  if (kind == "string") {
    text = json_text(value)
    n = text
    gsub(/[\200-\277]/, "", n)
    if (("minLength" in key) && length(n) < key["minLength"] + 0) return place ": has " length(n) " characters, fewer than " key["minLength"]
    if (("maxLength" in key) && length(n) > key["maxLength"] + 0) return place ": has " length(n) " characters, more than " key["maxLength"]
    if (("pattern" in key) && text !~ json_text(key["pattern"])) return place ": does not match " json_text(key["pattern"])
  }
  return ""
}

function fault_of_number(key, number, place) {
  if (("minimum" in key) && number < key["minimum"] + 0) return place ": is " number ", below " key["minimum"]
  if (("maximum" in key) && number > key["maximum"] + 0) return place ": is " number ", above " key["maximum"]
  if (("exclusiveMinimum" in key) && number <= key["exclusiveMinimum"] + 0) return place ": is " number ", not above " key["exclusiveMinimum"]
  if (("exclusiveMaximum" in key) && number >= key["exclusiveMaximum"] + 0) return place ": is " number ", not below " key["exclusiveMaximum"]
  return ""
}

function is_of_type(type, value, kind) {
  if (type == "integer") return kind == "number" && (value ~ /^-?[0-9]+$/ || value + 0 == int(value + 0))
  return type == kind
}

function shown_kind(value, kind) {
  if (kind == "boolean" || kind == "null") return value ""
  return kind
}

function shown_value(value, kind) { return kind == "string" ? "\"" value "\"" : value "" }

# same: are the two equal as JSON?
function same(a, kind_a, b, kind_b,    x, kx, y, ky, name, n) {
  if (kind_a != kind_b) return 0
  if (kind_a == "number") return a + 0 == b + 0
  if (kind_a == "string") return json_text(a) "" == json_text(b) ""
  if (kind_a != "object" && kind_a != "array") return a "" == b ""
  json_scan(a, x, kx)
  json_scan(b, y, ky)
  for (name in x) {
    n++
    if (!(name in y) || !same(x[name], kx[name], y[name], ky[name])) return 0
  }
  for (name in y) n--
  return n == 0
}

# --- its parts -------------------------------------------------------------------

function fault_of_parts(key, of, value, kind, place, depth,    item, kinds, i, fault, n, first) {
  if ("allOf" in key) {
    json_scan(key["allOf"], item, kinds)
    for (i = 1; i in item; i++) {
      fault = fault_at(kinds[i] " " item[i], value, kind, place, depth + 1)
      if (fault != "") return fault
    }
  }
  if ("anyOf" in key) {
    json_scan(key["anyOf"], item, kinds)
    n = 0
    for (i = 1; i in item; i++) {
      fault = fault_at(kinds[i] " " item[i], value, kind, place, depth + 1)
      if (fault == "") n++
      else if (first == "") first = fault
    }
    if (!n) return place ": fits nothing of anyOf (" first ")"
  }
  if ("oneOf" in key) {
    json_scan(key["oneOf"], item, kinds)
    n = 0
    first = ""
    for (i = 1; i in item; i++) {
      fault = fault_at(kinds[i] " " item[i], value, kind, place, depth + 1)
      if (fault == "") n++
      else if (first == "") first = fault
    }
    if (n != 1) return place ": fits " n " of oneOf" (n ? "" : " (" first ")")
  }
  if (("not" in key) && fault_at(of["not"] " " key["not"], value, kind, place, depth + 1) == "") return place ": fits what it may not (not)"
  return ""
}

function fault_of_object(key, of, value, place, depth,    member, kinds, wanted, kw, part, kp, i, n, name, fault) {
  json_scan(value, member, kinds)
  if ("required" in key) {
    json_scan(key["required"], wanted, kw)
    for (i = 1; i in wanted; i++) if (!(json_text(wanted[i]) in member)) return place_in(place, json_text(wanted[i])) ": is not there"
  }
  for (name in member) n++
  if (("minProperties" in key) && n < key["minProperties"] + 0) return place ": has " n + 0 " members, fewer than " key["minProperties"]
  if (("maxProperties" in key) && n > key["maxProperties"] + 0) return place ": has " n " members, more than " key["maxProperties"]
  if ("properties" in key) json_scan(key["properties"], part, kp)
  # awk does not keep the order of names in the schema or the answer; the first in the alphabet serves as well.
  for (name in member) {
    if (name in part) fault = earlier(fault, fault_at(kp[name] " " part[name], member[name], kinds[name], place_in(place, name), depth + 1))
    else if ("additionalProperties" in key) {
      if (key["additionalProperties"] == "false") fault = earlier(fault, place_in(place, name) ": may not be there")
      else fault = earlier(fault, fault_at(of["additionalProperties"] " " key["additionalProperties"], member[name], kinds[name], place_in(place, name), depth + 1))
    }
  }
  return fault
}

function earlier(a, b) { return a == "" || b != "" && b < a ? b : a }

function fault_of_array(key, of, value, place, depth,    item, kinds, n, i, j, fault, first, kf) {
  json_scan(value, item, kinds)
  for (n = 0; (n + 1) in item; n++) ;
  if (("minItems" in key) && n < key["minItems"] + 0) return place ": has " n " items, fewer than " key["minItems"]
  if (("maxItems" in key) && n > key["maxItems"] + 0) return place ": has " n " items, more than " key["maxItems"]
  if ("prefixItems" in key) json_scan(key["prefixItems"], first, kf)
  for (i = 1; i <= n; i++) {
    if (i in first) fault = fault_at(kf[i] " " first[i], item[i], kinds[i], place "[" i - 1 "]", depth + 1)
    else if ("items" in key) fault = fault_at(of["items"] " " key["items"], item[i], kinds[i], place "[" i - 1 "]", depth + 1)
    if (fault != "") return fault
  }
  if (key["uniqueItems"] == "true")
    for (i = 2; i <= n; i++) for (j = 1; j < i; j++) if (same(item[i], kinds[i], item[j], kinds[j])) return place "[" i - 1 "]: is the same as [" j - 1 "]"
  return ""
}

function place_in(place, name) { return name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ ? place "." name : place "[" json_quote(name) "]" }
