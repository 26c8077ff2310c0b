#ifndef CCURL_H
#define CCURL_H

// libcurl's types, options and codes; its functions are called by the names below. They are not linked: libcurl and the
// thirty libraries that it needs are loaded by ccurl_load, and a command that asks nobody does without them.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/// Loads libcurl, once and before anything else here is called; returns what the linker says, or NULL when it is there.
const char *_Nullable ccurl_load(void);

CURLcode ccurl_global_init(long flags);
curl_version_info_data *_Nullable ccurl_version_info(CURLversion age);

CURL *_Nullable ccurl_easy_init(void);
void ccurl_easy_cleanup(CURL *_Nonnull handle);

// curl_easy_setopt is variadic, which Swift cannot call: one function for each type of value.
CURLcode ccurl_easy_set_long(CURL *_Nonnull handle, CURLoption option, long value);
/// For sizes, which are `curl_off_t`.
CURLcode ccurl_easy_set_offset(CURL *_Nonnull handle, CURLoption option, curl_off_t value);
/// libcurl copies strings.
CURLcode ccurl_easy_set_string(CURL *_Nonnull handle, CURLoption option, const char *_Nullable value);
/// For contexts and buffers, CURLOPT_POSTFIELDS among them, which libcurl keeps without copying.
CURLcode ccurl_easy_set_pointer(CURL *_Nonnull handle, CURLoption option, const void *_Nullable value);
/// libcurl keeps the list without copying it.
CURLcode ccurl_easy_set_list(CURL *_Nonnull handle, CURLoption option, const struct curl_slist *_Nullable value);

typedef size_t (*ccurl_receiver)(char *_Nullable bytes, size_t size, size_t count, void *_Nullable context);
/// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION, which have one type.
CURLcode ccurl_easy_set_receiver(CURL *_Nonnull handle, CURLoption option, ccurl_receiver _Nonnull value);

typedef int (*ccurl_socket_callback)(void *_Nullable context, curl_socket_t socket, curlsocktype purpose);
/// For CURLOPT_SOCKOPTFUNCTION.
CURLcode ccurl_easy_set_socket_callback(CURL *_Nonnull handle, CURLoption option,
                                        ccurl_socket_callback _Nonnull value);

// curl_easy_getinfo is variadic too.
CURLcode ccurl_easy_get_long(CURL *_Nonnull handle, CURLINFO info, long *_Nonnull value);
/// For CURLINFO_PRIVATE.
CURLcode ccurl_easy_get_pointer(CURL *_Nonnull handle, CURLINFO info, void *_Nullable *_Nonnull value);

CURLM *_Nullable ccurl_multi_init(void);
CURLMcode ccurl_multi_cleanup(CURLM *_Nonnull handle);
// curl_multi_setopt is variadic too.
CURLMcode ccurl_multi_set_long(CURLM *_Nonnull handle, CURLMoption option, long value);
CURLMcode ccurl_multi_add_handle(CURLM *_Nonnull handle, CURL *_Nonnull easy);
CURLMcode ccurl_multi_remove_handle(CURLM *_Nonnull handle, CURL *_Nonnull easy);
CURLMcode ccurl_multi_perform(CURLM *_Nonnull handle, int *_Nonnull running);
CURLMcode ccurl_multi_poll(CURLM *_Nonnull handle, struct curl_waitfd *_Nullable more, unsigned int count,
                           int milliseconds, int *_Nullable ready);
CURLMcode ccurl_multi_wakeup(CURLM *_Nonnull handle);
CURLMsg *_Nullable ccurl_multi_info_read(CURLM *_Nonnull handle, int *_Nonnull left);

struct curl_slist *_Nullable ccurl_slist_append(struct curl_slist *_Nullable list, const char *_Nonnull line);
void ccurl_slist_free_all(struct curl_slist *_Nullable list);

// Macros with casts and suffixes do not all reach Swift.
static const long ccurl_pipe_multiplex = CURLPIPE_MULTIPLEX;
static const long ccurl_http_version_1_1 = CURL_HTTP_VERSION_1_1;
static const long ccurl_http_version_2 = CURL_HTTP_VERSION_2_0;
static const long ccurl_http_version_2_tls = CURL_HTTP_VERSION_2TLS;
static const long ccurl_tls_1_2_or_later = CURL_SSLVERSION_TLSv1_2;
static const long ccurl_netrc_ignored = CURL_NETRC_IGNORED;
static const CURLversion ccurl_version_now = CURLVERSION_NOW;
static const long ccurl_global_default = CURL_GLOBAL_DEFAULT;

#endif
