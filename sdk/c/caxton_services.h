/*
 * What the host does for an agent while it waits: replies, HTTP requests, tools, grants passed on, agents started. Included by <caxton.h>.
 *
 * What such a function has answered is valid until the next one, and no longer than the message is handled.
 */
#ifndef CAXTON_SERVICES_H
#define CAXTON_SERVICES_H

/*
 * Takes what a function that waits has answered, when `length` is not negative. An empty text when there is nothing, or no
 * room for it.
 */
static inline caxton_text caxton_take(int32_t length) {
  static char *result;
  static size_t capacity;
  caxton_text nothing = {NULL, 0};
  if (length < 0) return nothing;
  if (result == NULL || (size_t)length > capacity) {
    free(result);
    capacity = length < 256 ? 256 : (size_t)length;
    result = (char *)malloc(capacity);
    if (result == NULL) return nothing;
  }
  int32_t taken = caxton_take_result(result, capacity);
  if (taken < 0 || (size_t)taken > capacity) return nothing;
  return (caxton_text){result, (size_t)taken};
}

/*
 * Sends a draft and waits for the reply to it, at most `deadline_ms` (0: as long as the limit `wait` lets it). The draft must
 * have no `reply_with`: it gets one. Answers CAXTON_OK with the reply, whatever its act, or a negative status, such as
 * CAXTON_TIMEOUT.
 */
static inline int caxton_ask(caxton_writer *draft, uint32_t deadline_ms, caxton_message *reply) {
  static uint32_t asked;
  char reply_with[24];
  int length = snprintf(reply_with, sizeof reply_with, "ask-%u", (unsigned)++asked);
  caxton_write_key(draft, "reply_with");
  caxton_write_string(draft, reply_with, (size_t)length);
  caxton_write_end_object(draft);
  if (draft->failed) return CAXTON_TOO_LARGE;
  int32_t answered = caxton_request(draft->bytes, draft->length, (int32_t)deadline_ms);
  if (answered < 0) return answered;
  caxton_text json = caxton_take(answered);
  if (json.length == 0) return CAXTON_TOO_LARGE;
  *reply = caxton_read_message(json);
  return CAXTON_OK;
}

/* The head of an HTTP response. `headers` is a JSON object of texts with lower-case names. */
typedef struct caxton_response {
  int status;
  int32_t stream;
  caxton_text url;
  caxton_text headers;
} caxton_response;

/* Writes what is asked of `caxton_http_fetch`. `headers` is a JSON object of texts, and may be empty. NULL for too much. */
static inline caxton_writer *caxton_write_request(const char *method, const char *url, caxton_text headers) {
  static caxton_writer request;
  request.length = 0;
  request.failed = false;
  caxton_write_begin_object(&request);
  caxton_write_key(&request, "method");
  caxton_write_string(&request, method, strlen(method));
  caxton_write_key(&request, "url");
  caxton_write_string(&request, url, strlen(url));
  if (headers.length > 0) {
    caxton_write_key(&request, "headers");
    caxton_write_json(&request, headers);
  }
  caxton_write_end_object(&request);
  return request.failed ? NULL : &request;
}

static inline int caxton_read_head(int32_t answered, caxton_response *response) {
  if (answered < 0) return answered;
  caxton_text head = caxton_take(answered);
  if (head.length == 0) return CAXTON_TOO_LARGE;
  response->status = (int)caxton_json_integer(caxton_json_get(head, "status"), 0);
  response->stream = (int32_t)caxton_json_integer(caxton_json_get(head, "stream"), 0);
  response->url = caxton_json_get(head, "url");
  response->headers = caxton_json_get(head, "headers");
  return CAXTON_OK;
}

/*
 * Makes an HTTP request and waits for the head of its answer. `headers` is a JSON object of texts, and may be empty like
 * `body`. Answers CAXTON_OK, or a negative status. Read the body by `caxton_read_body`.
 */
static inline int caxton_fetch(
    const char *method, const char *url, caxton_text headers, caxton_text body, caxton_response *response) {
  caxton_writer *request = caxton_write_request(method, url, headers);
  if (request == NULL) return CAXTON_TOO_LARGE;
  return caxton_read_head(caxton_http_fetch(request->bytes, request->length, body.at, body.length), response);
}

/* Makes an HTTP request by a delegation, see `caxton_fetch`. */
static inline int caxton_fetch_by(
    const char *handle, const char *method, const char *url, caxton_text headers, caxton_text body,
    caxton_response *response) {
  caxton_writer *request = caxton_write_request(method, url, headers);
  if (request == NULL) return CAXTON_TOO_LARGE;
  int32_t answered = caxton_use_delegation(
      handle, strlen(handle), request->bytes, request->length, body.at, body.length);
  return caxton_read_head(answered, response);
}

/* Waits for bytes of a body; returns how many were written to `out`, 0 at the end, or a negative status. */
static inline long caxton_read_body(const caxton_response *response, void *out, size_t capacity) {
  return caxton_http_read(response->stream, (char *)out, capacity);
}

/*
 * Calls a tool, "<server>/<tool>", with arguments that are a JSON object, or empty. Answers CAXTON_OK with the result, a JSON
 * object with `content`, or a negative status.
 */
static inline int caxton_tool(const char *name, caxton_text arguments, caxton_text *result) {
  int32_t answered = caxton_call_tool(name, strlen(name), arguments.at, arguments.length);
  if (answered < 0) return answered;
  *result = caxton_take(answered);
  return result->length == 0 ? CAXTON_TOO_LARGE : CAXTON_OK;
}

/* Calls a tool by a delegation, see `caxton_tool`. */
static inline int caxton_tool_by(const char *handle, const char *name, caxton_text arguments, caxton_text *result) {
  int32_t answered = caxton_use_delegation(
      handle, strlen(handle), name, strlen(name), arguments.at, arguments.length);
  if (answered < 0) return answered;
  *result = caxton_take(answered);
  return result->length == 0 ? CAXTON_TOO_LARGE : CAXTON_OK;
}

/* Writes a text of an answer to `out`, with a final zero. */
static inline int caxton_take_text(int32_t answered, const char *name, char *out, size_t capacity) {
  if (answered < 0) return answered;
  long length = caxton_json_string(caxton_json_get(caxton_take(answered), name), out, capacity - 1);
  if (length < 0 || (size_t)length >= capacity) return CAXTON_TOO_LARGE;
  out[length] = 0;
  return CAXTON_OK;
}

/*
 * Passes a grant on to another agent, or a part of it. `value` is JSON, as a system file would write it; `from` is the handle of
 * a delegation to pass on, or NULL for the own grant. Writes the handle to send to that agent to `handle`, of at least 64 bytes.
 */
static inline int caxton_pass_on(
    const char *to, const char *grant, caxton_text value, const char *from, char *handle, size_t capacity) {
  static caxton_writer request;
  request.length = 0;
  request.failed = false;
  caxton_write_begin_object(&request);
  caxton_write_key(&request, "to");
  caxton_write_string(&request, to, strlen(to));
  caxton_write_key(&request, "grant");
  caxton_write_string(&request, grant, strlen(grant));
  caxton_write_key(&request, "value");
  caxton_write_json(&request, value);
  if (from != NULL) {
    caxton_write_key(&request, "from");
    caxton_write_string(&request, from, strlen(from));
  }
  caxton_write_end_object(&request);
  if (request.failed) return CAXTON_TOO_LARGE;
  return caxton_take_text(caxton_delegate(request.bytes, request.length), "handle", handle, capacity);
}

/* States of a delegation. */
enum { CAXTON_ACTIVE = 0, CAXTON_PAUSED = 1, CAXTON_REVOKED = 2 };

/* Pauses, resumes or revokes what was passed on by this agent, or was made of it; a holder can only revoke. */
static inline int caxton_set_state(const char *handle, int state) {
  return caxton_set_delegation(handle, strlen(handle), state);
}

/*
 * Starts an agent of a template. `name` may be NULL, `config` empty. Writes the name it goes by to `out`, of at least 65 bytes.
 */
static inline int caxton_spawn(
    const char *template_name, const char *name, caxton_text config, char *out, size_t capacity) {
  static caxton_writer request;
  request.length = 0;
  request.failed = false;
  caxton_write_begin_object(&request);
  caxton_write_key(&request, "template");
  caxton_write_string(&request, template_name, strlen(template_name));
  if (name != NULL) {
    caxton_write_key(&request, "name");
    caxton_write_string(&request, name, strlen(name));
  }
  if (config.length > 0) {
    caxton_write_key(&request, "config");
    caxton_write_json(&request, config);
  }
  caxton_write_end_object(&request);
  if (request.failed) return CAXTON_TOO_LARGE;
  return caxton_take_text(caxton_spawn_agent(request.bytes, request.length), "name", out, capacity);
}

/* Stops an agent that was started by this one. */
static inline int caxton_stop(const char *name) {
  return caxton_stop_agent(name, strlen(name));
}

#endif
