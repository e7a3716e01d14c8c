;; Is a command that never ends.
;; @expect ERR_LIMIT_FUEL at deploy
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "_start") (loop $again (br $again))))
