// What Swift cannot call in SQLite's interface: functions with a variable number of arguments.
#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

// Declared here, so that SQLite's types stay those of one module.
int sqlite3_config(int option, ...);

// SQLITE_CONFIG_MEMSTATUS. Only before SQLite is used; otherwise it is refused and changes nothing.
static inline int csqlite_set_memory_statistics(int on) { return (sqlite3_config)(9, on); }

// SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE: closing the last connection leaves the WAL where it is.
int sqlite3_db_config(struct sqlite3 *connection, int option, ...);
static inline int csqlite_close_without_checkpoint(struct sqlite3 *connection) {
    return (sqlite3_db_config)(connection, 1006, 1, (int *)0);
}

#endif
