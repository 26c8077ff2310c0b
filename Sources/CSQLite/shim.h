// What Swift cannot call in SQLite's interface: functions with a variable number of arguments.
#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

// Declared here, so that SQLite's types stay those of one module.
int sqlite3_config(int option, ...);

// SQLITE_CONFIG_MEMSTATUS. Only before SQLite is used; otherwise it is refused and changes nothing.
static inline int csqlite_set_memory_statistics(int on) { return (sqlite3_config)(9, on); }

// SQLITE_CONFIG_LOOKASIDE: bytes a slot, slots a connection. As above.
static inline int csqlite_set_lookaside(int size, int slots) { return (sqlite3_config)(13, size, slots); }

#endif
