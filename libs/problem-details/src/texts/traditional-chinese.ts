import type { Texts } from './texts.js';

/** For readers in Taiwan, Hong Kong and Macao. */
export const TRADITIONAL_CHINESE: Texts = {
  problems: {
    'invalid-request': {
      title: '請求格式錯誤',
      meaning: '實例 ID 或請求的其他部分不符合文件規定的格式。閘道沒有呼叫 OutboundBot 服務。',
      whatToDo:
        '請依 detail 的說明修改請求。實例 ID 由 1 到 64 個字元組成，只能包含字母、數字、「-」和「_」。',
    },
    unauthenticated: {
      title: '缺少憑證或憑證錯誤',
      meaning: '請求中沒有閘道認可的憑證，或者憑證已經過期。',
      whatToDo: '請提供有效的 API 金鑰或存取權杖。閘道接受哪幾種憑證，請看回應標頭 WWW-Authenticate。',
    },
    forbidden: {
      title: '無權讀取此實例',
      meaning: '憑證有效，但沒有讀取此實例的權限。',
      whatToDo:
        '請向閘道的維運人員申請此實例的權限。如果使用存取權杖，請向權杖的簽發者申請回應標頭 WWW-Authenticate 所列的 scope。',
    },
    'instance-not-found': {
      title: '實例不存在',
      meaning: 'OutboundBot 服務中沒有使用此 ID 的實例。',
      whatToDo: '請檢查實例 ID。新建立的實例可能要過幾秒才查得到。',
    },
    'route-not-found': {
      title: '路徑不存在',
      meaning: '閘道在此路徑下不提供任何內容。',
      whatToDo: '請對照 API 文件檢查路徑。',
    },
    'method-not-allowed': {
      title: '此路徑不支援這個請求方法',
      meaning: '路徑存在，但不支援這個 HTTP 方法。閘道只提供讀取功能。',
      whatToDo: '請使用回應標頭 Allow 所列的方法。',
    },
    'not-acceptable': {
      title: '沒有可接受的回應格式',
      meaning: '請求標頭 Accept 排除了此路徑唯一的回應格式。',
      whatToDo: '請在 Accept 中加入 application/json，或者拿掉 Accept。',
    },
    'too-many-requests': {
      title: '請求過於頻繁',
      meaning: '此呼叫端的請求數已達到速率上限。',
      whatToDo: '請等待回應標頭 Retry-After 指定的時間後再試。',
    },
    'internal-error': {
      title: '閘道內部錯誤',
      meaning: '閘道內部發生異常。詳細資訊在閘道的日誌中，可依請求 ID 查詢。',
      whatToDo: '請將 requestId 告知閘道的維運人員。重試不一定有效。',
    },
    'upstream-error': {
      title: 'OutboundBot 服務發生錯誤',
      meaning: '閘道最後一次嘗試時，OutboundBot 服務回傳了錯誤。',
      whatToDo:
        '請稍後再試。如果錯誤持續發生，請聯絡閘道的維運人員，由其附上 upstream.requestId 向服務供應商提交工單。',
    },
    'upstream-refused': {
      title: 'OutboundBot 服務拒絕了閘道的呼叫',
      meaning: 'OutboundBot 服務不接受閘道的存取憑證、簽章、權限或呼叫本身。這不是呼叫端的問題。',
      whatToDo: '請通知閘道的維運人員，檢查閘道的 AccessKey、RAM 權限、系統時鐘和服務端點。',
    },
    'upstream-invalid-response': {
      title: 'OutboundBot 服務的回應無效',
      meaning: '回應不是 JSON、體積過大，或者結構與文件不符。',
      whatToDo: '請稍後再試。如果錯誤持續發生，請將 upstream.requestId 告知閘道的維運人員。',
    },
    'upstream-throttled': {
      title: '閘道遭 OutboundBot 服務限流',
      meaning: '閘道呼叫 OutboundBot 服務的次數已達到配額。',
      whatToDo: '請等待回應標頭 Retry-After 指定的時間後再試。如果錯誤持續發生，請降低請求頻率。',
    },
    'upstream-unavailable': {
      title: '無法連線到 OutboundBot 服務',
      meaning:
        'OutboundBot 服務表示自己無法使用，或者閘道與它的連線失敗，又或者失敗次數過多，閘道暫停呼叫幾秒鐘。',
      whatToDo: '請等待回應標頭 Retry-After 指定的時間後再試。',
    },
    overloaded: {
      title: '閘道負載過重',
      meaning: '閘道收到的請求超出了及時處理的能力，因此拒絕了這個請求。',
      whatToDo: '請等待回應標頭 Retry-After 指定的時間後再試。',
    },
    'not-cached': {
      title: '沒有快取的回應',
      meaning:
        '請求帶有 Cache-Control: only-if-cached，而閘道中沒有符合要求的快取。閘道沒有呼叫 OutboundBot 服務。',
      whatToDo: '請拿掉 only-if-cached，閘道就會向 OutboundBot 服務查詢。',
    },
    'upstream-timeout': {
      title: 'OutboundBot 服務回應逾時',
      meaning: 'OutboundBot 服務沒有在閘道的時限內回應。',
      whatToDo: '請稍後再試。',
    },
  },
  retry: {
    'after-change': '不修改就不要重試：同樣的請求還是會失敗。',
    'after-repair': '暫時不要重試：在閘道的維運人員處理之前，重試沒有用。',
    'after-delay': '可以，請先等待回應標頭 Retry-After 指定的秒數。',
    later: '可以，請稍後再試。能靠立即重試解決的問題，閘道已經重試過了。',
  },
  details: {
    malformedInstanceId: '實例 ID 必須由 1 到 64 個字元組成，只能包含字母、數字、「-」和「_」。',
    noSuchErrorCode: '沒有這個錯誤碼。',

    sentences: (all) => all.join(''),
    unknownParameter: (name) => `${name} 不是此路徑支援的參數。`,
    unusualName: '某個過長或含有特殊字元的名稱',
    textLength: (name, max) => `${name} 只能出現一次，長度為 1 到 ${max} 個字元。`,
    idLength: (name, max) => `${name} 必須是一個 ID，長度為 1 到 ${max} 個字元。`,
    tagForm: (name, max) => `${name} 的格式必須是 key 或 key:value，長度為 1 到 ${max} 個字元。`,
    tooManyValues: (name, max) => `${name} 最多出現 ${max} 次。`,
    tooManyIds: (name, max) => `${name} 最多指定 ${max} 個實例。`,
    idsForm: (name) =>
      `${name} 必須是以半形逗號分隔的實例 ID，每個 ID 由 1 到 64 個字母、數字、「-」或「_」組成。`,
    oneOf: (name, values) => `${name} 必須是以下其中一個值：${values.join('、')}。`,
    wholeNumber: (name, max) => `${name} 必須是 1 到 ${max} 之間的整數。`,

    connectMethod: '閘道不是代理伺服器，不支援 CONNECT。',
    unknownExpectation: '請求標頭 Expect 只支援 100-continue。',
    malformedPath: 'URL 的路徑無效，請檢查百分號編碼。',
    missingHost: '缺少請求標頭 Host。',
    twoHosts: '請求標頭 Host 出現了兩次。',
    malformedHost: '請求標頭 Host 的值不是主機名稱（可帶連接埠）。',
    headersTooLarge: '請求標頭過大。',
    requestTooSlow: '沒有在規定時間內收到完整的請求。',
    notHttp: '這不是有效的 HTTP/1.1 請求。',

    missingCredential: (ways) => `缺少憑證：請提供${ways.join('或')}。`,
    apiKeyHeader: ' API 金鑰（X-API-Key）',
    accessTokenHeader: '存取權杖（Authorization: Bearer）',
    rejectedCredential: {
      'unknown-key': 'API 金鑰無效。',
      'expired-key': 'API 金鑰已過期。',
      malformed: '存取權杖不是 JWT 存取權杖（RFC 9068）。',
      'wrong-type': '此閘道不接受該存取權杖的 typ。',
      expired: '存取權杖已過期。',
      'not-yet-valid': '存取權杖尚未生效。',
      'wrong-issuer': '存取權杖的簽發者（issuer）不符。',
      'wrong-audience': '存取權杖的對象（audience）不符。',
      untrusted: '無法驗證存取權杖的簽章。',
    },
    missingScope: (scope) => `存取權杖缺少 scope「${scope}」。`,
    providerUnreachable: '無法連線到存取權杖的簽發者，因此無法驗證權杖。',
  },
};
