/** The two servers behind one protocol. */
export type Product = 'mysql' | 'mariadb';
