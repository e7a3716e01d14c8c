#include "kernel.h"
// Search for a word in 256 KiB of text, naively: two nested byte loops with early exits.
static char text[262144];
KERNEL {
  u32 seed = 9, found = 0;
  for (u32 i = 0; i < sizeof text; i++) text[i] = "abcdefgh"[next_random(&seed) & 7];
  static const char word[] = "abacad";
  for (u32 round = 0; round < n; round++)
    for (u32 i = 0; i + 6 <= sizeof text; i++) {
      u32 k = 0;
      while (k < 6 && text[i + k] == word[k]) k++;
      found += k == 6;
    }
  return found;
}
