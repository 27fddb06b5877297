import type { Texts } from './texts.js';

/** For readers in mainland China and Singapore. */
export const SIMPLIFIED_CHINESE: Texts = {
  problems: {
    'invalid-request': {
      title: '请求格式错误',
      meaning: '实例 ID 或请求的其他部分不符合文档规定的格式。网关没有调用 OutboundBot 服务。',
      whatToDo: '请按 detail 中的说明修改请求。实例 ID 由 1 到 64 个字符组成，只能包含字母、数字、“-”和“_”。',
    },
    unauthenticated: {
      title: '缺少凭证或凭证错误',
      meaning: '请求中没有网关认可的凭证，或者凭证已经过期。',
      whatToDo: '请提供有效的 API 密钥或访问令牌。网关接受哪几种凭证，请看响应头 WWW-Authenticate。',
    },
    forbidden: {
      title: '无权读取该实例',
      meaning: '凭证有效，但没有读取该实例的权限。',
      whatToDo:
        '请向网关的运维人员申请该实例的权限。如果使用访问令牌，请向令牌的签发方申请响应头 WWW-Authenticate 中列出的 scope。',
    },
    'instance-not-found': {
      title: '实例不存在',
      meaning: 'OutboundBot 服务中没有使用该 ID 的实例。',
      whatToDo: '请检查实例 ID。新建的实例可能要过几秒才能查到。',
    },
    'route-not-found': {
      title: '路径不存在',
      meaning: '网关在该路径下不提供任何内容。',
      whatToDo: '请对照 API 文档检查路径。',
    },
    'method-not-allowed': {
      title: '该路径不支持此请求方法',
      meaning: '路径存在，但不支持此 HTTP 方法。网关只提供读取功能。',
      whatToDo: '请使用响应头 Allow 中列出的方法。',
    },
    'not-acceptable': {
      title: '没有可接受的响应格式',
      meaning: '请求头 Accept 排除了该路径唯一的响应格式。',
      whatToDo: '请在 Accept 中加入 application/json，或者去掉 Accept。',
    },
    'too-many-requests': {
      title: '请求过于频繁',
      meaning: '该调用方的请求数已达到速率上限。',
      whatToDo: '请等待响应头 Retry-After 指定的时间后再试。',
    },
    'internal-error': {
      title: '网关内部错误',
      meaning: '网关内部出现异常。详细信息在网关日志中，可按请求 ID 查找。',
      whatToDo: '请把 requestId 告诉网关的运维人员。重试不一定有效。',
    },
    'upstream-error': {
      title: 'OutboundBot 服务出错',
      meaning: '网关最后一次尝试时，OutboundBot 服务返回了错误。',
      whatToDo:
        '请稍后再试。如果错误持续出现，请联系网关的运维人员，由其携带 upstream.requestId 向服务商提交工单。',
    },
    'upstream-refused': {
      title: 'OutboundBot 服务拒绝了网关的调用',
      meaning: 'OutboundBot 服务不接受网关的访问凭证、签名、权限或调用本身。这不是调用方的问题。',
      whatToDo: '请通知网关的运维人员，检查网关的 AccessKey、RAM 权限、系统时钟和服务接入地址。',
    },
    'upstream-invalid-response': {
      title: 'OutboundBot 服务的响应无效',
      meaning: '响应不是 JSON、体积过大，或者结构与文档不符。',
      whatToDo: '请稍后再试。如果错误持续出现，请把 upstream.requestId 告诉网关的运维人员。',
    },
    'upstream-throttled': {
      title: '网关被 OutboundBot 服务限流',
      meaning: '网关调用 OutboundBot 服务的次数已达到配额。',
      whatToDo: '请等待响应头 Retry-After 指定的时间后再试。如果错误持续出现，请降低请求频率。',
    },
    'upstream-unavailable': {
      title: '无法访问 OutboundBot 服务',
      meaning:
        'OutboundBot 服务表示自己不可用，或者网关与它的连接失败，又或者失败次数过多，网关暂停调用几秒钟。',
      whatToDo: '请等待响应头 Retry-After 指定的时间后再试。',
    },
    overloaded: {
      title: '网关过载',
      meaning: '网关收到的请求超出了及时处理的能力，因此拒绝了这个请求。',
      whatToDo: '请等待响应头 Retry-After 指定的时间后再试。',
    },
    'not-cached': {
      title: '没有缓存的响应',
      meaning:
        '请求带有 Cache-Control: only-if-cached，而网关中没有符合要求的缓存。网关没有调用 OutboundBot 服务。',
      whatToDo: '请去掉 only-if-cached，网关就会向 OutboundBot 服务查询。',
    },
    'upstream-timeout': {
      title: 'OutboundBot 服务响应超时',
      meaning: 'OutboundBot 服务没有在网关的时限内响应。',
      whatToDo: '请稍后再试。',
    },
  },
  retry: {
    'after-change': '不修改就不要重试：同样的请求还会失败。',
    'after-repair': '暂时不要重试：在网关的运维人员处理之前，重试没有用。',
    'after-delay': '可以，请先等待响应头 Retry-After 指定的秒数。',
    later: '可以，请稍后再试。能靠立即重试解决的问题，网关已经重试过了。',
  },
  details: {
    malformedInstanceId: '实例 ID 必须由 1 到 64 个字符组成，只能包含字母、数字、“-”和“_”。',
    noSuchErrorCode: '没有这个错误码。',

    sentences: (all) => all.join(''),
    unknownParameter: (name) => `${name} 不是该路径支持的参数。`,
    unusualName: '某个过长或含有特殊字符的名称',
    textLength: (name, max) => `${name} 只能出现一次，长度为 1 到 ${max} 个字符。`,
    idLength: (name, max) => `${name} 必须是一个 ID，长度为 1 到 ${max} 个字符。`,
    tagForm: (name, max) => `${name} 的格式必须是 key 或 key:value，长度为 1 到 ${max} 个字符。`,
    tooManyValues: (name, max) => `${name} 最多出现 ${max} 次。`,
    tooManyIds: (name, max) => `${name} 最多指定 ${max} 个实例。`,
    idsForm: (name) =>
      `${name} 必须是以英文逗号分隔的实例 ID，每个 ID 由 1 到 64 个字母、数字、“-”或“_”组成。`,
    oneOf: (name, values) => `${name} 必须是以下值之一：${values.join('、')}。`,
    wholeNumber: (name, max) => `${name} 必须是 1 到 ${max} 之间的整数。`,

    connectMethod: '网关不是代理服务器，不支持 CONNECT。',
    unknownExpectation: '请求头 Expect 只支持 100-continue。',
    malformedPath: 'URL 的路径无效，请检查百分号编码。',
    missingHost: '缺少请求头 Host。',
    twoHosts: '请求头 Host 出现了两次。',
    malformedHost: '请求头 Host 的值不是主机名（可带端口）。',
    headersTooLarge: '请求头过大。',
    requestTooSlow: '没有在规定时间内收到完整的请求。',
    notHttp: '这不是有效的 HTTP/1.1 请求。',

    missingCredential: (ways) => `缺少凭证：请提供${ways.join('或')}。`,
    apiKeyHeader: ' API 密钥（X-API-Key）',
    accessTokenHeader: '访问令牌（Authorization: Bearer）',
    rejectedCredential: {
      'unknown-key': 'API 密钥无效。',
      'expired-key': 'API 密钥已过期。',
      malformed: '访问令牌不是 JWT 访问令牌（RFC 9068）。',
      'wrong-type': '此网关不接受该访问令牌的 typ。',
      expired: '访问令牌已过期。',
      'not-yet-valid': '访问令牌尚未生效。',
      'wrong-issuer': '访问令牌的签发方（issuer）不符。',
      'wrong-audience': '访问令牌的受众（audience）不符。',
      untrusted: '无法验证访问令牌的签名。',
    },
    missingScope: (scope) => `访问令牌缺少 scope“${scope}”。`,
    providerUnreachable: '无法连接访问令牌的签发方，因此无法验证令牌。',
  },
};
