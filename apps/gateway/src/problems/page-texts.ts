import type { Language } from '@app/problem-details';

/** The fixed words of the pages. */
interface PageTexts {
  /** The name of the language in itself. */
  readonly languageName: string;
  readonly languageSwitch: string;
  readonly gateway: string;
  readonly pages: string;
  readonly allCodes: string;
  readonly documentation: string;
  readonly listTitle: string;
  readonly status: string;
  readonly meaning: string;
  readonly whatToDo: string;
  readonly retry: string;
  readonly unknownCodeAdvice: string;
}

export const PAGE_TEXTS: Readonly<Record<Language, PageTexts>> = {
  en: {
    languageName: 'English',
    languageSwitch: 'Language',
    gateway: 'OutboundBot gateway',
    pages: 'Pages',
    allCodes: 'All error codes',
    documentation: 'API documentation',
    listTitle: 'Error codes of the OutboundBot gateway',
    status: 'HTTP status',
    meaning: 'What it means',
    whatToDo: 'What to do',
    retry: 'Try again?',
    unknownCodeAdvice: 'Check the address, or look the code up in the list of all error codes.',
  },
  'zh-Hans': {
    languageName: '简体中文',
    languageSwitch: '语言',
    gateway: 'OutboundBot 网关',
    pages: '页面',
    allCodes: '全部错误码',
    documentation: 'API 文档',
    listTitle: 'OutboundBot 网关错误码',
    status: 'HTTP 状态码',
    meaning: '含义',
    whatToDo: '处理方法',
    retry: '可以重试吗？',
    unknownCodeAdvice: '请检查网址，或者在全部错误码中查找。',
  },
  'zh-Hant': {
    languageName: '繁體中文',
    languageSwitch: '語言',
    gateway: 'OutboundBot 閘道',
    pages: '頁面',
    allCodes: '全部錯誤碼',
    documentation: 'API 文件',
    listTitle: 'OutboundBot 閘道錯誤碼',
    status: 'HTTP 狀態碼',
    meaning: '含義',
    whatToDo: '處理方式',
    retry: '可以重試嗎？',
    unknownCodeAdvice: '請檢查網址，或者在全部錯誤碼中查詢。',
  },
};
