;; Is a command that ends at once and then gets a message.
;; @expect ERR_AGENT_NOT_RUNNING
(module
  (memory (export "memory") 1)
  (func (export "_start")))
