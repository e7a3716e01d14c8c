/*
 * A counting agent. It bids for pieces of text and counts the words of those it wins.
 *
 * A word is a run of Latin letters: ASCII letters, lower-cased, and U+00C0 to U+023F without the signs for times and
 * divided by, taken as they are. All of these have two bytes in UTF-8, the first of them C3 to C8.
 */
#include <caxton.h>

typedef struct word {
  const char *at;
  size_t length;
  int64_t count;
} word;

/* An open-addressed table of the words of one piece. It has room for twice as many words as it holds. */
typedef struct table {
  word *slots;
  size_t capacity;
  size_t distinct;
} table;

/* Characters that it counts in a microsecond, and those of pieces that it has offered to count. */
static int64_t speed = 100;
static int64_t backlog = 0;

int caxton_init(void) {
  speed = caxton_config_integer("speed", speed);
  if (speed < 1) speed = 1;
  return caxton_register("count");
}

static word *find(const table *words, const char *at, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)at[i]) * 16777619u;
  size_t slot = hash & (words->capacity - 1);
  while (words->slots[slot].at != NULL) {
    word *other = &words->slots[slot];
    if (other->length == length && memcmp(other->at, at, length) == 0) break;
    slot = (slot + 1) & (words->capacity - 1);
  }
  return &words->slots[slot];
}

static bool grow(table *words) {
  table larger = {NULL, words->capacity == 0 ? 1024 : words->capacity * 2, words->distinct};
  larger.slots = calloc(larger.capacity, sizeof(word));
  if (larger.slots == NULL) return false;
  for (size_t i = 0; i < words->capacity; i++) {
    word *old = &words->slots[i];
    if (old->at != NULL) *find(&larger, old->at, old->length) = *old;
  }
  free(words->slots);
  *words = larger;
  return true;
}

static bool add(table *words, const char *at, size_t length) {
  if (words->distinct * 2 >= words->capacity && !grow(words)) return false;
  word *found = find(words, at, length);
  if (found->at == NULL) {
    *found = (word){at, length, 0};
    words->distinct++;
  }
  found->count++;
  return true;
}

/* Returns how many bytes the letter at `at` has, 0 if there is none. Makes an ASCII letter a small one. */
static size_t read_letter(char *at, const char *end) {
  unsigned char c = (unsigned char)*at;
  if (c >= 'A' && c <= 'Z') return *at = (char)(c + 32), 1;
  if (c >= 'a' && c <= 'z') return 1;
  if (c < 0xC3 || c > 0xC8 || end - at < 2) return 0;
  unsigned char next = (unsigned char)at[1];
  return c == 0xC3 && (next == 0x97 || next == 0xB7) ? 0 : 2;
}

static bool count_words(table *words, char *text, size_t length) {
  const char *end = text + length;
  for (char *at = text; at < end;) {
    char *start = at;
    for (size_t bytes; at < end && (bytes = read_letter(at, end)) > 0;) at += bytes;
    if (at > start && !add(words, start, (size_t)(at - start))) return false;
    if (at == start) at++;
  }
  return true;
}

static int report(const caxton_message *award, const table *words) {
  caxton_writer *draft = caxton_begin_reply(award, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "counts");
  caxton_write_begin_object(draft);
  for (size_t i = 0; i < words->capacity; i++) {
    const word *slot = &words->slots[i];
    if (slot->at == NULL) continue;
    caxton_write_key_bytes(draft, slot->at, slot->length);
    caxton_write_integer(draft, slot->count);
  }
  caxton_write_end_object(draft);
  caxton_write_end_object(draft);
  return caxton_send(draft);
}

static int work(const caxton_message *award) {
  size_t length;
  char *text = caxton_json_string_copy(caxton_json_get(award->content, "text"), &length);
  if (text == NULL) return CAXTON_NOT_UNDERSTOOD;
  table words = {NULL, 0, 0};
  int status = count_words(&words, text, length) ? report(award, &words) : CAXTON_LIMIT;
  free(words.slots);
  free(text);
  return status;
}

static int bid(const caxton_message *call, int64_t size) {
  caxton_writer *draft = caxton_begin_reply(call, CAXTON_ACT_PROPOSE);
  caxton_write_member(draft, "reply_with", call->reply_with);
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  caxton_write_key(draft, "micros");
  caxton_write_integer(draft, (backlog + size) / speed);
  caxton_write_end_object(draft);
  int status = caxton_send(draft);
  if (status == CAXTON_OK) backlog += size;
  return status;
}

int caxton_handle(const caxton_message *message) {
  int64_t size = caxton_json_integer(caxton_json_get(message->content, "size"), -1);
  if (size < 0) return CAXTON_NOT_UNDERSTOOD;
  if (caxton_is(message, CAXTON_ACT_CFP)) return bid(message, size);
  backlog = backlog > size ? backlog - size : 0;
  if (caxton_is(message, CAXTON_ACT_REJECT_PROPOSAL)) return CAXTON_OK;
  return caxton_is(message, CAXTON_ACT_ACCEPT_PROPOSAL) ? work(message) : CAXTON_NOT_UNDERSTOOD;
}
