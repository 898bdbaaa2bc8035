import { newPasswordLength, type PasswordFault } from '../../identity/index.ts';
import { type Html, html } from './html.ts';

const { least, advised } = newPasswordLength;

const sentences: Readonly<Record<PasswordFault | 'not_repeated', string>> = {
  not_repeated: 'The two new passwords are not the same. Type both again.',
  too_short: `This password is too short. Use at least ${least} characters.`,
  too_long: 'This password is too long. Use at most 1024 plain letters; others count for up to four.',
  user_name: 'Your user name is the first thing that anybody would try. Choose another password.',
  trivial: 'This password is a simple pattern, and guessed quickly. Choose another one.',
  common: 'This password is among the first that anybody tries, however it is decorated. Choose another one.',
  unchanged: 'This is the password that you have already. Choose another one.',
};

/** What to do about a password that cannot be taken. */
export function passwordFaultInWords(fault: PasswordFault | 'not_repeated'): string {
  return sentences[fault];
}

/** The new password, twice, and what makes a good one. For the inside of a form; `username` is for password managers, and
 * `focus` says whether one begins to type here. */
export function newPasswordFields(username: string, focus: 'here' | 'elsewhere'): Html {
  return html`<input type="text" value="${username}" autocomplete="username" readonly hidden>
<label for="new_password">New password</label>
<input class="field" id="new_password" name="new_password" type="password" autocomplete="new-password" required minlength="${least}" maxlength="1024" aria-describedby="advice" ${focus === 'here' && html`autofocus`}>
<p class="advice" id="advice">At least ${least} characters, better ${advised} or more. A few words that nobody else would put together are easy to remember and hard to guess.</p>
<label for="new_password_again">New password, once more</label>
<input class="field" id="new_password_again" name="new_password_again" type="password" autocomplete="new-password" required maxlength="1024">`;
}
