/* What SQLite can do at all: the same durable changes as the product's, by a bare loop of prepared statements.
 *
 *   bare-sqlite end N DIR                ends N grants: a narrow status row changes, a journal row comes with it
 *   bare-sqlite insert N DIR SCHEMA.sql  inserts the rows of N imported grants, two tokens each, into the product's
 *                                        own schema (a dump of it, made from an empty store)
 *
 * Options after these: --body BYTES of a journal row's body [230]; --transaction ROWS, grants per transaction [25000];
 * --checkpoint PAGES of wal_autocheckpoint [20000]. The database is DIR/bare.sqlite and is replaced.
 * WAL, synchronous=FULL, 32 MB of cache, a checkpoint at the end within the time. No hashing, no sealing, no foreign
 * keys: nothing but the rows. Prints {"count":…,"seconds":…,"bytes":…}.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FINGERPRINT = 32, SEALED = 76, TENANTS = 50, MILLISECONDS_PER_DAY = 86400000 };
static const int64_t NOW = 1795576375888;

static sqlite3 *db;
static char path[4096];
static int64_t count;
static int body_size = 230, transaction_rows = 25000, checkpoint_pages = 20000;
static char *body;

static void fail(const char *what) {
    fprintf(stderr, "bare-sqlite: error: %s%s%s\n", what, db ? ": " : "", db ? sqlite3_errmsg(db) : "");
    exit(1);
}

static void run(const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sql);
}

static void open_database(void) {
    char checkpoint[64];
    if (sqlite3_open(path, &db) != SQLITE_OK) fail("cannot open");
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("PRAGMA cache_size = -32768");
    snprintf(checkpoint, sizeof checkpoint, "PRAGMA wal_autocheckpoint = %d", checkpoint_pages);
    run(checkpoint);
}

static void reopen(void) {
    run("PRAGMA wal_checkpoint(TRUNCATE)");
    if (sqlite3_close(db) != SQLITE_OK) fail("cannot close");
    open_database();
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) fail(sql);
    return statement;
}

static void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Fingerprints scatter in their index, as an HMAC's do. */
static void scatter(unsigned char *bytes, int size) {
    static uint64_t state = 0x9E3779B97F4A7C15u;
    for (int at = 0; at < size; at += 8) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        memcpy(bytes + at, &state, (size_t)(size - at < 8 ? size - at : 8));
    }
}

/* Calls `one` for each grant in the order of keys, in transactions; returns the seconds until all is in the file. */
static double each_grant(void (*one)(int64_t)) {
    double begin = seconds();
    for (int64_t row = 1; row <= count; row++) {
        if ((row - 1) % transaction_rows == 0) run("BEGIN IMMEDIATE");
        one(row);
        if (row % transaction_rows == 0 || row == count) run("COMMIT");
    }
    run("PRAGMA wal_checkpoint(TRUNCATE)");
    return seconds() - begin;
}

/* ---- end: a narrow status table, and a journal. An ended grant is due again: somebody has to revoke it. ---- */

static sqlite3_stmt *fill, *change, *note;
static unsigned char hash[32];

static void fill_one(int64_t row) {
    sqlite3_bind_int64(fill, 1, row);
    sqlite3_bind_int64(fill, 2, NOW + row / 10);
    sqlite3_bind_int64(fill, 3, NOW - (int64_t)200 * MILLISECONDS_PER_DAY);
    step(fill);
}

static void end_one(int64_t row) {
    sqlite3_bind_int64(change, 1, row);
    sqlite3_bind_int64(change, 2, NOW + MILLISECONDS_PER_DAY);
    step(change);
    sqlite3_bind_int64(note, 1, row);
    sqlite3_bind_int64(note, 2, NOW);
    sqlite3_bind_int64(note, 3, row);
    sqlite3_bind_text(note, 4, body, body_size, SQLITE_STATIC);
    sqlite3_bind_blob(note, 5, hash, sizeof hash, SQLITE_STATIC);
    step(note);
}

static double end(void) {
    run("CREATE TABLE status (row INTEGER PRIMARY KEY, standing INTEGER NOT NULL, due_at INTEGER, last_use INTEGER, "
        "verdict INTEGER, verdict_at INTEGER, failures INTEGER NOT NULL)");
    run("CREATE INDEX status_due ON status (due_at) WHERE due_at IS NOT NULL");
    run("CREATE TABLE journal (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type INTEGER NOT NULL, grant_row INTEGER, "
        "body TEXT NOT NULL, hash BLOB NOT NULL)");
    fill = prepare("INSERT INTO status VALUES (?1, 0, ?2, ?3, 1, ?2, 0)");
    each_grant(fill_one);
    sqlite3_finalize(fill);
    reopen();
    change = prepare("UPDATE status SET standing = 3, due_at = ?2 WHERE row = ?1");
    note = prepare("INSERT INTO journal (seq, at, type, grant_row, body, hash) VALUES (?1, ?2, 7, ?3, ?4, ?5)");
    double took = each_grant(end_one);
    sqlite3_finalize(change);
    sqlite3_finalize(note);
    return took;
}

/* ---- insert: the rows of an import, in the product's schema. A change of the schema changes these statements. ---- */

static sqlite3_stmt *subject, *grant, *state, *token, *entry;

static void prepare_import(void) {
    subject = prepare("INSERT INTO subjects (name) VALUES (?1)");
    grant = prepare(
        "INSERT INTO grants (row, provider, id, tenant, client, subject, scopes, issued_at, observed_from, "
        "observed_until, claims_refresh_token, tokens, recorded_at) "
        "VALUES (?1, 1, ?2, ?3, ?4, ?1, ?5, ?6, ?6, ?7, 0, 3, ?8)");
    state = prepare(
        "INSERT INTO states (row, standing, due_at, ask_at, last_used_at, of_provider, of_tenant, is_plain) "
        "VALUES (?1, 0, ?2, ?2, ?3, 1, ?4, 1)");
    token = prepare("INSERT INTO tokens (row, kind, fingerprint, sealed) VALUES (?1, ?2, ?3, ?4)");
    entry = prepare("INSERT INTO journal (seq, row, subject, body, hash) VALUES (?1, ?1, ?1, ?2, ?3)");
}

static void insert_token(int64_t row, int kind) {
    unsigned char fingerprint[FINGERPRINT], sealed[SEALED];
    scatter(fingerprint, sizeof fingerprint);
    scatter(sealed, sizeof sealed);
    sqlite3_bind_int64(token, 1, row);
    sqlite3_bind_int(token, 2, kind);
    sqlite3_bind_blob(token, 3, fingerprint, sizeof fingerprint, SQLITE_STATIC);
    sqlite3_bind_blob(token, 4, sealed, sizeof sealed, SQLITE_STATIC);
    step(token);
}

static void insert_one(int64_t row) {
    char name[32];
    int length = snprintf(name, sizeof name, "u-%08lld", (long long)row);
    int64_t tenant = 2 + row % TENANTS, at = NOW + row / 10, issued = NOW - row * 7919 % 365 * MILLISECONDS_PER_DAY;
    sqlite3_bind_text(subject, 1, name, length, SQLITE_STATIC);
    step(subject);
    name[0] = 'g';
    sqlite3_bind_int64(grant, 1, row);
    sqlite3_bind_text(grant, 2, name, length, SQLITE_STATIC);
    sqlite3_bind_int64(grant, 3, tenant);
    sqlite3_bind_int64(grant, 4, 52 + row % 5);
    sqlite3_bind_int64(grant, 5, 57 + row % 40);
    sqlite3_bind_int64(grant, 6, issued);
    sqlite3_bind_int64(grant, 7, NOW - MILLISECONDS_PER_DAY);
    sqlite3_bind_int64(grant, 8, at);
    step(grant);
    sqlite3_bind_int64(state, 1, row);
    sqlite3_bind_int64(state, 2, at);
    sqlite3_bind_int64(state, 3, NOW - (int64_t)200 * MILLISECONDS_PER_DAY);
    sqlite3_bind_int64(state, 4, tenant);
    step(state);
    insert_token(row, 1);
    insert_token(row, 2);
    sqlite3_bind_int64(entry, 1, row);
    sqlite3_bind_blob(entry, 2, body, body_size, SQLITE_STATIC);
    sqlite3_bind_blob(entry, 3, hash, sizeof hash, SQLITE_STATIC);
    step(entry);
}

static void run_file(const char *name) {
    FILE *file = fopen(name, "rb");
    if (!file) fail("cannot read the schema");
    char *sql = calloc(1, 1 << 20);
    if (!sql || fread(sql, 1, (1 << 20) - 1, file) == 0) fail("the schema is empty");
    fclose(file);
    run(sql);
    free(sql);
}

static double insert(const char *schema) {
    run_file(schema);
    char sql[64];
    for (int word = 1; word <= 96; word++) {
        snprintf(sql, sizeof sql, "INSERT INTO words (text) VALUES ('word-%d')", word);
        run(sql);
    }
    reopen();
    prepare_import();
    double took = each_grant(insert_one);
    sqlite3_stmt *all[] = {subject, grant, state, token, entry};
    for (size_t at = 0; at < sizeof all / sizeof *all; at++) sqlite3_finalize(all[at]);
    return took;
}

static void check(void) {
    sqlite3_stmt *statement = prepare("SELECT count(*) FROM journal");
    if (sqlite3_step(statement) != SQLITE_ROW || sqlite3_column_int64(statement, 0) != count) fail("rows are missing");
    sqlite3_finalize(statement);
}

int main(int argc, char **argv) {
    int inserts = argc > 1 && strcmp(argv[1], "insert") == 0, options = inserts ? 5 : 4;
    if (argc < options || (!inserts && strcmp(argv[1], "end") != 0)) fail("usage: end N DIR | insert N DIR SCHEMA.sql");
    for (int at = options; at + 1 < argc; at += 2) {
        if (strcmp(argv[at], "--body") == 0) body_size = atoi(argv[at + 1]);
        else if (strcmp(argv[at], "--transaction") == 0) transaction_rows = atoi(argv[at + 1]);
        else if (strcmp(argv[at], "--checkpoint") == 0) checkpoint_pages = atoi(argv[at + 1]);
        else fail("unknown option");
    }
    count = atoll(argv[2]);
    if (count < 1 || body_size < 1 || transaction_rows < 1) fail("a number is too small");
    body = malloc((size_t)body_size);
    if (!body) fail("no memory");
    memset(body, 'b', (size_t)body_size);
    const char *suffixes[] = {"", "-wal", "-shm"};
    for (int at = 0; at < 3; at++) {
        snprintf(path, sizeof path, "%s/bare.sqlite%s", argv[3], suffixes[at]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/bare.sqlite", argv[3]);
    open_database();
    double took = inserts ? insert(argv[4]) : end();
    check();
    struct stat file;
    if (stat(path, &file) != 0) fail("the database is gone");
    printf("{\"count\":%lld,\"seconds\":%.6f,\"bytes\":%lld}\n", (long long)count, took, (long long)file.st_size);
    return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
