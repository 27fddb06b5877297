import { createHash } from 'node:crypto';

import type { InstanceRecord, ResourceTag } from './instance-record.js';

interface Team {
  readonly tag: string;
  readonly owner: string;
  readonly creator: string;
  readonly creatorId: number | bigint;
  readonly group: string;
}

// Account ids have 16 digits, ids of RAM users 18.
const teams: readonly Team[] = [
  {
    tag: 'care',
    owner: '王芳',
    creator: '李娜',
    creatorId: 205273937398494789n,
    group: 'rg-acfm3iugit3uw7a',
  },
  {
    tag: 'sales',
    owner: 'Maria Garcia',
    creator: 'Tom Becker',
    creatorId: 283916450072815563n,
    group: 'rg-aekz7b2nmsales5q',
  },
  {
    tag: 'billing',
    owner: '陳志明',
    creator: '陳志明',
    creatorId: 1834205967713048,
    group: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
  },
];

const campaigns: readonly (readonly [name: string, description: string])[] = [
  ['客户回访', '服务完成后三天内回访客户'],
  ['Renewal reminder', 'Reminds customers 30 days before their contract ends'],
  ['账单提醒', '账单到期前一天提醒'],
  ['Delivery notice', 'Announces the day of delivery & asks for a free time'],
  ['活动邀约', '邀请会员参加线下活动'],
  ['Survey', 'Asks "how likely are you to recommend us?"'],
  ['預約確認', '確認隔日的預約時間'],
  ['Lead qualification', 'First call to a new lead'],
  ['实名核验', '核验客户的基本信息'],
];

const dayMs = 24 * 60 * 60 * 1000;

/** 54 made-up instances: one for production and one for tests of each campaign of each team. They never change. */
export const campaignInstances: readonly InstanceRecord[] = campaigns.flatMap(
  ([name, description], campaign) =>
    teams.flatMap((team, index): InstanceRecord[] => {
      const number = campaign * teams.length + index + 1;
      const fields = {
        CreatorId: team.creatorId,
        OwnerName: team.owner,
        InstanceDescription: description,
        CreatorName: team.creator,
        ResourceGroupId: team.group,
      };
      // 37 and 61 have no common factor, so the creation times differ from each other and from the order of the list.
      const createdAt = 1583020800000 + ((number * 37) % 61) * 23 * dayMs + number * 61_000;
      return [
        {
          CreationTime: createdAt,
          InstanceId: uuidOf(number),
          ...fields,
          InstanceName: `${name} - ${team.tag}`,
          MaxConcurrentConversation: 10 * (1 + (number % 5)),
          ResourceTags: [
            { Key: 'env', Value: 'prod' },
            { Key: 'team', Value: team.tag },
            { Key: 'age', Value: String(18 + (number % 7)) },
          ],
          IsPreset: false,
        },
        {
          CreationTime: createdAt + dayMs,
          InstanceId: `inst-${String(number).padStart(3, '0')}`,
          ...fields,
          InstanceName: `${name} - ${team.tag} (test)`,
          MaxConcurrentConversation: 2,
          ResourceTags: testTags(number, team),
          IsPreset: false,
        },
      ];
    }),
);

/** The real service may answer an empty list or null for an instance without tags, so both exist here. */
function testTags(number: number, team: Team): readonly ResourceTag[] | null {
  if (number % 4 === 1) return [];
  if (number % 4 === 2) return null;
  return [
    { Key: 'env', Value: 'test' },
    { Key: 'team', Value: team.tag },
  ];
}

/** A UUID of version 5's format that is the same for a number at each start. */
function uuidOf(number: number): string {
  const hex = createHash('sha1').update(`instance ${number}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
