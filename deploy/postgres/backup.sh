# Dumps every database of the shop, each as its superuser sees it at one moment, and the broker's none: what it carries comes again from the
# outboxes. DATABASES names them; files of a run share a name that sorts by time.
set -eu
PGPASSWORD="$(cat "${SECRETS:-/run/secrets}/superuser-password")"
export PGHOST="${PGHOST:-postgres}" PGUSER=postgres PGPASSWORD
folder="${BACKUPS:-/backups}/$(date -u +%Y-%m-%dT%H-%M-%SZ)"
mkdir -p "$folder.part"
for database in $DATABASES; do
  pg_dump --format=custom --file="$folder.part/$database.dump" "$database"
  echo "$database: $(wc -c <"$folder.part/$database.dump") bytes"
done
# Complete or not there.
mv "$folder.part" "$folder"
echo "$folder"
