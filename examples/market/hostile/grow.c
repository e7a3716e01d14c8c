/*
 * Hostile: takes memory until it is refused more, and then writes behind the end of what it has, again and again.
 * The first such write ends it with ERR_LIMIT_MEMORY.
 */
#include <caxton.h>

int caxton_init(void) {
  return caxton_register("count");
}

int caxton_handle(const caxton_message *message) {
  (void)message;
  size_t pages = 64;
  while (pages > 0) {
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) pages /= 2;
  }
  caxton_log_line(CAXTON_WARN, "no page is left; now behind the last one");
  volatile char *at = (volatile char *)(__builtin_wasm_memory_size(0) * 65536);
  for (;;) *at++ = 1;
}
