#!/bin/sh
# Makes the certificates of these tests anew: a private authority, whose key is not kept, and what it signs.
# The keys beside the certificates protect nothing: they serve loopback servers of the tests alone.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"; }
sign() { # name, subjectAltName, start, end
    key "$1"
    openssl req -new -key "$work/$1.key" -subj "/CN=grantkeeper test $1" -out "$work/$1.csr"
    printf 'subjectAltName=%s\n' "$2" >"$work/$1.ext"
    openssl ca -batch -notext -config "$work/ca.conf" -extfile "$work/$1.ext" -startdate "$3" -enddate "$4" \
        -in "$work/$1.csr" -out "$work/$1.crt" 2>"$work/log" || { cat "$work/log"; exit 1; }
    cat "$work/$1.crt" "$work/$1.key" >"$1.pem"
}
key authority
openssl req -x509 -new -key "$work/authority.key" -subj "/CN=grantkeeper test authority" -days 36500 -out authority.pem
: >"$work/index"
echo 01 >"$work/serial"
cat >"$work/ca.conf" <<EOF
[ca]
default_ca = test
[test]
database = $work/index
serial = $work/serial
new_certs_dir = $work
certificate = $PWD/authority.pem
private_key = $work/authority.key
default_md = sha256
policy = any
[any]
commonName = supplied
EOF
sign loopback 'DNS:localhost,IP:127.0.0.1' 20200101000000Z 21200101000000Z
sign elsewhere 'DNS:elsewhere.test' 20200101000000Z 21200101000000Z
sign expired 'DNS:localhost,IP:127.0.0.1' 20200101000000Z 20200102000000Z
sign client 'DNS:client.test' 20200101000000Z 21200101000000Z
key self-signed
openssl req -x509 -new -key "$work/self-signed.key" -subj "/CN=grantkeeper test self-signed" -days 36500 \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -out "$work/self-signed.crt"
cat "$work/self-signed.crt" "$work/self-signed.key" >self-signed.pem
