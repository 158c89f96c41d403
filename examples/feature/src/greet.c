#include "greet.h"

#include <stdio.h>

int greet(FILE *out, const char *name) {
  return fprintf(out, "Hello, %s!\n", name) < 0;
}
