#ifndef GREET_H
#define GREET_H

#include <stdio.h>

/* Writes a greeting for name; returns 0 if that went well. */
int greet(FILE *out, const char *name);

#endif
