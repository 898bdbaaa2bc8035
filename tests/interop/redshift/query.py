"""Runs one statement with redshift_connector: query.py HOST PORT DATABASE password|plugin SQL; the token is in $TOKEN."""

import os
import sys

import redshift_connector

host, port, database, way, sql = sys.argv[1:]
token = os.environ["TOKEN"]
signing_in = (
    {"user": "me", "password": token}
    if way == "password"
    else {"credentials_provider": "IdpTokenAuthPlugin", "token": token, "token_type": "ACCESS_TOKEN"}
)
with redshift_connector.connect(
    host=host, port=int(port), database=database, ssl=True, sslmode="verify-ca", **signing_in
) as connection:
    cursor = connection.cursor()
    cursor.execute(sql)
    for row in cursor.fetchall():
        print("|".join(str(value) for value in row))
