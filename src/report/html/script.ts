import { DATA_SCRIPT } from './script/data.ts';
import { LIST_SCRIPT } from './script/list.ts';
import { PAGE_SCRIPT } from './script/page.ts';
import { ROWS_SCRIPT } from './script/rows.ts';
import { WORDS_SCRIPT } from './script/words.ts';

/** What makes the lists of the page out of its data, sorts and filters them. */
export const SCRIPT = `'use strict';
{${[DATA_SCRIPT, WORDS_SCRIPT, LIST_SCRIPT, ROWS_SCRIPT, PAGE_SCRIPT].join('')}}
`;
