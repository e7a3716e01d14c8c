#include <caxton.h>

// Answers every request. It brings its own memory in place of that of the C library, which is larger than all the rest: about 10 KB.

static unsigned char heap[1 << 16];
static size_t used;
static size_t last;

void *malloc(size_t size) {
  size_t at = (used + 15) & ~(size_t)15;
  if (size > sizeof heap - at) return NULL;
  last = at;
  used = at + size;
  return heap + at;
}

// What was taken last is given back. The SDK keeps its buffers from message to message: nothing else is left over.
void free(void *pointer) {
  if (pointer == heap + last) used = last;
}

void *calloc(size_t count, size_t size) {
  void *pointer = malloc(count * size);
  return pointer == NULL ? NULL : memset(pointer, 0, count * size);
}

void *realloc(void *pointer, size_t size) {
  if (pointer == heap + last && size <= sizeof heap - last) {
    used = last + size;
    return pointer;
  }
  void *larger = malloc(size);
  return larger == NULL || pointer == NULL ? larger : memcpy(larger, pointer, size);
}

// Adds up what it is sent: `{"numbers": [1, 2], "unit": "m"}`.
static int add(const caxton_message *message, caxton_text numbers) {
  int64_t sum = 0;
  caxton_text number;
  caxton_cursor cursor = caxton_json_members(numbers);
  while (caxton_json_next(&cursor, &number)) sum += caxton_json_integer(number, 0);
  char unit[16] = "";
  caxton_json_string(caxton_json_get(message->content, "unit"), unit, sizeof unit - 1);
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "sum");
  caxton_write_integer(draft, sum);
  caxton_write_key(draft, "unit");
  caxton_write_string(draft, unit, strlen(unit));
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

int caxton_handle(const caxton_message *message) {
  if (!caxton_is(message, CAXTON_ACT_REQUEST)) return CAXTON_NOT_UNDERSTOOD;
  caxton_text numbers = caxton_json_get(message->content, "numbers");
  if (numbers.length > 0) return add(message, numbers);
  return caxton_reply(message, CAXTON_ACT_INFORM, caxton_text_of(""));
}
