/* type.h: the types of values, as far as they are known before anything runs. */
#ifndef KIN_TYPE_H
#define KIN_TYPE_H

/* X(TYPE, "name as users read it") */
#define TYPES(X)                                                                                             \
  X(UNKNOWN, "value") /* not known before it runs */                                                         \
  X(NONE, "nothing")                                                                                         \
  X(NUMBER, "number")                                                                                        \
  X(TEXT, "text")                                                                                            \
  X(BOOL, "truth value")                                                                                     \
  X(LIST, "list")                                                                                            \
  X(RECORD, "record")                                                                                        \
  X(COLUMN, "column") /* numbers, texts, truth values or a factor, one a row */                              \
  X(TABLE, "table")                                                                                          \
  X(FORMULA, "formula")                                                                                      \
  X(HYPOTHESES, "hypotheses")                                                                                \
  X(DESIGN, "design")                                                                                        \
  X(MODEL, "model")                                                                                          \
  X(FIT, "fit")                                                                                              \
  X(MATRIX, "matrix") /* numbers with row and column names */                                                \
  X(FUNCTION, "function")

enum type {
#define X(type, name) TYPE_##type,
  TYPES(X)
#undef X
};

const char *type_name(enum type t);

#endif
