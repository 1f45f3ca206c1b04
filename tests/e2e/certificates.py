"""Keys and certificates as the openssl program makes and reads them."""

import hashlib
import re
import ssl
from contextlib import closing
from datetime import datetime, timezone

from clients import openssl

# What an operator may bring: name of a kind to the options of `openssl genpkey`.
KINDS = {
    "P-256": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "P-384": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
    "RSA 2048": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "Ed25519": ("-algorithm", "ED25519"),
}
CHAIN = "a CA's chain"


class Certificate:
    """What `openssl x509` says about a certificate, as a file or in DER."""

    def __init__(self, data):
        self.pem = data if data.startswith(b"-----") else ssl.DER_cert_to_PEM_cert(data).encode()
        self.der = ssl.PEM_cert_to_DER_cert(self.pem.decode())
        self.text = self.says("-text")

    def says(self, *options):
        return openssl("x509", "-noout", *options, data=self.pem).decode()

    @property
    def common_names(self):
        subject = self.says("-subject", "-nameopt", "multiline")
        return re.findall(r"commonName\s*= (.*)", subject)

    @property
    def names(self):
        """Every subject alternative name, as "DNS:name" or "IP Address:address"."""
        lines = self.says("-ext", "subjectAltName").splitlines()
        return {name.strip() for name in lines[1].split(",")} if len(lines) > 1 else set()

    @property
    def fingerprint(self):
        """SHA-256 of the certificate, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def key_fingerprint(self):
        """SHA-256 of its public key, in hexadecimal: what browsers pin."""
        key = openssl("x509", "-noout", "-pubkey", data=self.pem)
        return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", data=key)).hexdigest()

    @property
    def fingerprints(self):
        return {self.fingerprint, self.key_fingerprint}

    def date(self, which):
        text = self.says(f"-{which}date").partition("=")[2].strip()
        return datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=timezone.utc)


def presented(server, **options):
    """The certificate that a handshake shows."""
    with closing(server.connect(**options)) as connection:
        return Certificate(connection.handshake().tls.getpeercert(binary_form=True))


def shows(server, fingerprint):
    """Do all workers of a server show this certificate?"""
    return all(presented(server).fingerprint == fingerprint for _ in range(8))


def make_key(path, kind="P-256"):
    openssl("genpkey", *KINDS[kind], "-out", path)
    path.chmod(0o600)


def own_pair(folder, name="localhost", kind="P-384", days=100):
    """A self-signed pair as an operator may bring it."""
    folder.mkdir(exist_ok=True)
    key = folder / f"{name}.key"
    make_key(key, kind)
    openssl("req", "-x509", "-key", key, "-subj", f"/CN={name}", "-addext",
            f"subjectAltName=DNS:{name}", "-days", str(days), "-out", folder / f"{name}.crt")
    return folder


def ca_pair(folder, name="localhost", days=90):
    """A pair whose certificate came from a CA by way of an intermediate one: leaf, then that.

    Returns the certificate of the CA, which no server sends.
    """
    folder.mkdir(exist_ok=True)
    work = folder.parent / f"{folder.name}-ca"
    work.mkdir()
    root, middle, leaf = work / "root", work / "middle", folder / name
    for base in (root, middle, leaf):
        make_key(base.with_name(f"{base.name}.key"))
    ca = "basicConstraints=critical,CA:TRUE"
    openssl("req", "-x509", "-key", f"{root}.key", "-subj", "/CN=root", "-days", "4000", "-out",
            f"{root}.crt")
    for base, signer, extension in ((middle, root, ca), (leaf, middle, f"subjectAltName=DNS:{name}")):
        extensions = work / f"{base.name}.ext"
        extensions.write_text(extension + "\n")
        request = openssl("req", "-new", "-key", f"{base}.key", "-subj", f"/CN={base.name}")
        (work / f"{base.name}.csr").write_bytes(request)
        openssl("x509", "-req", "-in", work / f"{base.name}.csr", "-CA", f"{signer}.crt", "-CAkey",
                f"{signer}.key", "-set_serial", "7", "-days", str(days), "-extfile", extensions,
                "-out", work / f"{base.name}.crt")
    chain = (work / f"{name}.crt").read_bytes() + (work / "middle.crt").read_bytes()
    (folder / f"{name}.crt").write_bytes(chain)
    return work / "root.crt"
