import type { Config } from '../../config/index.ts';
import type { Principal } from '../../core/index.ts';
import { matchRule } from '../../policy/index.ts';

/** Rules about applications are asked outside of any application. */
const noClient = '';

/** Whether somebody may register applications of their own. */
export function mayRegister({ registration: { people } }: Config, principal: Principal): boolean {
  return people !== undefined && matchRule(people, principal, noClient).matched;
}

/** Whether somebody may let applications of others work for everybody. */
export function mayApprove({ registration: { approvedBy } }: Config, principal: Principal): boolean {
  return approvedBy !== undefined && matchRule(approvedBy, principal, noClient).matched;
}
