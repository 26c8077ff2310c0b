#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>

// The name in parentheses keeps curl's own macros (typecheck-gcc.h) away: they want literal options.

/// curl_easy_setopt is variadic, which Swift cannot call: one shim for each type of value.
static inline CURLcode ccurl_easy_set_long(CURL *_Nonnull handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// For sizes, which are `curl_off_t`.
static inline CURLcode ccurl_easy_set_offset(CURL *_Nonnull handle, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// libcurl copies strings.
static inline CURLcode ccurl_easy_set_string(CURL *_Nonnull handle, CURLoption option, const char *_Nullable value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// For contexts and buffers, CURLOPT_POSTFIELDS among them, which libcurl keeps without copying.
static inline CURLcode ccurl_easy_set_pointer(CURL *_Nonnull handle, CURLoption option, const void *_Nullable value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// libcurl keeps the list without copying it.
static inline CURLcode ccurl_easy_set_list(CURL *_Nonnull handle, CURLoption option,
                                           const struct curl_slist *_Nullable value) {
    return (curl_easy_setopt)(handle, option, value);
}

typedef size_t (*ccurl_receiver)(char *_Nullable bytes, size_t size, size_t count, void *_Nullable context);

/// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION, which have one type.
static inline CURLcode ccurl_easy_set_receiver(CURL *_Nonnull handle, CURLoption option, ccurl_receiver _Nonnull value) {
    return (curl_easy_setopt)(handle, option, value);
}

typedef int (*ccurl_socket_callback)(void *_Nullable context, curl_socket_t socket, curlsocktype purpose);

/// For CURLOPT_SOCKOPTFUNCTION.
static inline CURLcode ccurl_easy_set_socket_callback(CURL *_Nonnull handle, CURLoption option,
                                                      ccurl_socket_callback _Nonnull value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// curl_easy_getinfo is variadic too.
static inline CURLcode ccurl_easy_get_long(CURL *_Nonnull handle, CURLINFO info, long *_Nonnull value) {
    return (curl_easy_getinfo)(handle, info, value);
}

/// For CURLINFO_PRIVATE.
static inline CURLcode ccurl_easy_get_pointer(CURL *_Nonnull handle, CURLINFO info, void *_Nullable *_Nonnull value) {
    return (curl_easy_getinfo)(handle, info, value);
}

/// curl_multi_setopt is variadic too.
static inline CURLMcode ccurl_multi_set_long(CURLM *_Nonnull handle, CURLMoption option, long value) {
    return (curl_multi_setopt)(handle, option, value);
}

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
