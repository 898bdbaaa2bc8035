import type { AllowRule } from '../core/index.ts';
import { foldUsername } from './fold-username.ts';

/** Local people are known by their user name as sign-in folds it; the policy compares exactly, so a rule is folded here. */
export function buildRule(rule: AllowRule): AllowRule {
  if (rule.kind !== 'users') return rule;
  return {
    kind: 'users',
    anyOf: rule.anyOf.map((entry) => (/^(local:|[^:]*$)/.test(entry) ? foldUsername(entry) : entry)),
  };
}
