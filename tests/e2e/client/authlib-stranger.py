"""An application that knows nothing of Grantway: Authlib for OAuth, psycopg for the database.

Arguments: issuer, client id, client secret, redirect URI, port of the database. Prints the address for the browser, reads
the one that the browser came back to, and prints as JSON what became of each step.
"""

import json
import sys

import psycopg
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

issuer, client_id, client_secret, redirect_uri, port = sys.argv[1:]
server = requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=10).json()
session = OAuth2Session(
    client_id,
    client_secret,
    scope="db:authdb:readonly offline_access",
    redirect_uri=redirect_uri,
    code_challenge_method="S256",
)
verifier = generate_token(48)
url, state = session.create_authorization_url(
    server["authorization_endpoint"], code_verifier=verifier, prompt="consent"
)
print(url, flush=True)
callback = sys.stdin.readline().strip()


def connect(token):
    """Who the database says that this token is, or why it does not let it in."""
    try:
        with psycopg.connect(
            host="127.0.0.1", port=port, user="me", password=token, dbname="authdb", sslmode="require"
        ) as connection:
            return connection.execute("select session_user").fetchone()[0]
    except psycopg.OperationalError as refused:
        return str(refused)


first = session.fetch_token(
    server["token_endpoint"], authorization_response=callback, state=state, code_verifier=verifier
)
before = connect(first["access_token"])
second = session.refresh_token(server["token_endpoint"], refresh_token=first["refresh_token"])
after = connect(second["access_token"])
revoked = session.revoke_token(
    server["revocation_endpoint"], token=second["refresh_token"], token_type_hint="refresh_token"
)
try:
    session.refresh_token(server["token_endpoint"], refresh_token=second["refresh_token"])
    last = "refreshed"
except OAuthError as refused:
    last = refused.error

print(
    json.dumps(
        {
            "connection": [first["host"], first["port"], first["database"], first["role"]],
            "before": before,
            "rotated": first["refresh_token"] != second["refresh_token"],
            "after": after,
            "revocation": revoked.status_code,
            "refresh after the revocation": last,
            "connection after the revocation": connect(second["access_token"]),
        }
    )
)
