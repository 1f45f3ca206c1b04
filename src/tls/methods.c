#include "tls/methods.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stddef.h>

/* One of each kind is enough; which of them does not matter. */
enum status methods_load(struct error *e)
{
    /* Of all that uses the library's context, OpenSSL 3.0 bears in this call alone that there is
       no memory to make it. */
    if (OSSL_LIB_CTX_get0_global_default() == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "OpenSSL");
    EVP_MD *digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_RAND *random = EVP_RAND_fetch(NULL, "CTR-DRBG", NULL);
    EVP_KEYMGMT *key = EVP_KEYMGMT_fetch(NULL, "X25519", NULL);
    EVP_KEYEXCH *exchange = EVP_KEYEXCH_fetch(NULL, "X25519", NULL);
    EVP_SIGNATURE *signature = EVP_SIGNATURE_fetch(NULL, "ECDSA", NULL);
    EVP_ASYM_CIPHER *asymmetric = EVP_ASYM_CIPHER_fetch(NULL, "RSA", NULL);
    EVP_KEM *kem = EVP_KEM_fetch(NULL, "RSA", NULL);
    bool all = digest != NULL && cipher != NULL && mac != NULL && kdf != NULL && random != NULL &&
               key != NULL && exchange != NULL && signature != NULL && asymmetric != NULL &&
               kem != NULL;
    EVP_MD_free(digest);
    EVP_CIPHER_free(cipher);
    EVP_MAC_free(mac);
    EVP_KDF_free(kdf);
    EVP_RAND_free(random);
    EVP_KEYMGMT_free(key);
    EVP_KEYEXCH_free(exchange);
    EVP_SIGNATURE_free(signature);
    EVP_ASYM_CIPHER_free(asymmetric);
    EVP_KEM_free(kem);
    ERR_clear_error();
    return all ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "OpenSSL");
}
