"""Who is calling: tenants' keys, and the tokens that getToken gives for them."""

import hmac
from dataclasses import replace
from hashlib import sha256
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from mien.errors import BadCredentials, TenantBlocked
from mien.live.ids import Clock, RandomBytes
from mien.live.records import Tenant
from mien.live.store import Store

AUDIENCE = "mien"
# RFC 9864's name for EdDSA over Ed25519; no other algorithm is ever accepted.
ALGORITHMS = ["Ed25519"]
DEFAULT_TENANT = "default"
DEFAULT_CREDIT = 100
MAX_TOKEN = 4096


class Accounts:
    """Tells tenants by client id and secret, by API key, or by a token of ours."""

    def __init__(
        self,
        store: Store,
        key: OKPKey,
        *,
        pepper: str,
        ttl_s: int,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._store = store
        self._key = key
        self._pepper = pepper
        self.ttl_s = ttl_s
        self._clock = clock
        self._random = random

    async def register_default(self, client_id: str, secret: str) -> Tenant:
        """Make or update the installation's own tenant; its block and credit stay."""
        digest = self.digest(secret)
        kept = await self._store.tenant(DEFAULT_TENANT)
        fresh = Tenant(DEFAULT_TENANT, client_id, digest, False, DEFAULT_CREDIT, self._clock())
        tenant = replace(kept, client_id=client_id) if kept else fresh
        if tenant.secret_digest != digest:
            tenant = replace(tenant, secret_digest=digest, old_digest=None)
        await self._store.put_tenant(tenant)
        return tenant

    async def exchange(self, client_id: str, secret: str) -> str:
        """getToken. Raises BadCredentials for a wrong pair, TenantBlocked."""
        tenant = await self._store.tenant_by_client(client_id)
        digest = self.digest(secret)
        # Compare also where there is no such client, so that both answers take as long.
        right = self._is_good(digest, tenant)
        if tenant is None or not right:
            raise BadCredentials("The clientId or clientSecret is wrong.")
        return self.issue(_admitted(tenant), digest)

    def issue(self, tenant: Tenant, digest: str) -> str:
        """A token for the tenant: a JWT of `ttl_s` seconds, and of as long as its secret is good.

        digest: of the secret that it was got with.
        """
        now = int(self._clock())
        header = {"alg": ALGORITHMS[0], "kid": self._key.thumbprint()}
        claims = {
            "aud": AUDIENCE,
            "tenant": tenant.id,
            "key": _key_name(digest),
            "iat": now,
            "exp": now + self.ttl_s,
            "jti": self._random(16).hex(),
        }
        return jwt.encode(header, claims, self._key, algorithms=ALGORITHMS)

    async def by_bearer(self, text: str) -> Tenant:
        """The tenant of a token, or of an API key sent in a token's place."""
        if text.count(".") == 2:
            return await self.by_token(text)
        return await self.by_key(text)

    async def by_token(self, text: str) -> Tenant:
        """The tenant of a token. Raises BadCredentials, TenantBlocked."""
        claims = self._claims_of(text)
        tenant = await self._store.tenant(str(claims["tenant"]))
        if tenant is None:
            raise BadCredentials("The token's account does not exist any more.")
        if claims["key"] not in map(_key_name, tenant.digests(self._clock())):
            raise BadCredentials("The secret that the token was got with is not good any more.")
        return _admitted(tenant)

    async def by_key(self, key: str) -> Tenant:
        """The tenant of an API key. Raises BadCredentials, TenantBlocked."""
        digest = self.digest(key)
        tenant = await self._store.tenant_by_digest(digest)
        if tenant is None or not self._is_good(digest, tenant):
            raise BadCredentials("The API key or token is wrong", "get a token from getToken.")
        return _admitted(tenant)

    def digest(self, secret: str) -> str:
        """What is stored of a secret: it is random, so a keyed hash is enough, and is quick."""
        return digest_of(secret, self._pepper)

    def _is_good(self, digest: str, tenant: Tenant | None) -> bool:
        known = tenant.digests(self._clock()) if tenant else (self.digest(""),)
        return any([hmac.compare_digest(one, digest) for one in known])

    def _claims_of(self, text: str) -> dict[str, Any]:
        if len(text) > MAX_TOKEN:
            raise BadCredentials("The token is damaged", "get a new one from getToken.")
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            tenant={"essential": True},
            key={"essential": True},
            jti={"essential": True},
        )
        try:
            token = jwt.decode(text, self._key, algorithms=ALGORITHMS)
            rules.validate(token.claims)
        except (JoseError, ValueError) as error:
            raise BadCredentials("The token is wrong or has expired.") from error
        if token.header.get("kid") != self._key.thumbprint():
            raise BadCredentials("The token was signed by another key.")
        return token.claims


def digest_of(secret: str, pepper: str) -> str:
    """HMAC-SHA-256 of a secret, hex; pepper: hex."""
    key = bytes.fromhex(pepper)
    return hmac.digest(key, secret.encode("utf-8", "surrogatepass"), sha256).hex()


def _key_name(digest: str) -> str:
    """Which secret a token came from; tells nothing that helps to guess the secret."""
    return digest[:16]


def _admitted(tenant: Tenant) -> Tenant:
    if tenant.blocked:
        raise TenantBlocked("The account is blocked.")
    return tenant
