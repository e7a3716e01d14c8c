#include "kernel.h"
// Scan of 128 KiB of JSON-like text by a state machine: one switch per byte.
static char text[131072];
KERNEL {
  u32 seed = 13, strings = 0, depth = 0, deepest = 0;
  for (u32 i = 0; i < sizeof text; i++) text[i] = "{}[]\",:\\ab01 \n-."[next_random(&seed) & 15];
  for (u32 round = 0; round < n; round++) {
    int inside = 0;
    for (u32 i = 0; i < sizeof text; i++) {
      char c = text[i];
      if (inside) {
        if (c == '\\') i++;
        else if (c == '"') inside = 0;
        continue;
      }
      switch (c) {
        case '"': inside = 1, strings++; break;
        case '{': case '[': if (++depth > deepest) deepest = depth; break;
        case '}': case ']': if (depth) depth--; break;
      }
    }
  }
  return strings * 31 + deepest;
}
