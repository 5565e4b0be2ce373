FROM wordpress:6.4-php8.2-apache
RUN set -eux; \
	apt-get update; \
	apt-get install -y --no-install-recommends ghostscript; \
	rm -rf /var/lib/apt/lists/*
RUN set -ex; \
	savedAptMark="$(apt-mark showmanual)"; \
	apt-mark auto '.*' > /dev/null; \
	[ -z "$savedAptMark" ] || apt-mark manual $savedAptMark; \
	find /usr/local -type f -executable -exec ldd '{}' ';' \
		| awk '/=>/ { so = $(NF-1); if (index(so, "/usr/local/") == 1) { next }; print so }' \
		| sort -u \
		| xargs -r dpkg-query --search \
		| cut -d: -f1 \
		| xargs -r apt-mark manual; \
	apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false
COPY --chown=www-data:www-data wp-content/ /var/www/html/wp-content/
VOLUME ["/var/www/html/wp-content/uploads"]
