import { z } from 'zod';
import { awsEndpoint } from './addresses.ts';
import { packMistake } from './mistake.ts';
import { duration } from './values.ts';

const name = z.string().min(1).max(100);

/** Where a role without password and grants gets its login from. What the keys say wrong together is in `check-aws.ts`. */
export const awsSchema = z
  .strictObject({
    region: z
      .string()
      .regex(/^[a-z]{2,}(-[a-z]+)+-\d+$/, {
        error: () => packMistake('This is no AWS region.', 'Write its code, for example eu-central-1.'),
      })
      .meta({ description: 'AWS region of the warehouse.', examples: ['eu-central-1'] }),
    cluster: name
      .optional()
      .meta({ description: 'Identifier of a provisioned cluster.', examples: ['sales'] }),
    workgroup: name
      .optional()
      .meta({ description: 'Name of a serverless workgroup, instead of cluster.', examples: ['adhoc'] }),
    loginAs: z
      .enum(['role', 'person', 'iam'])
      .optional()
      .meta({
        description:
          'Who a session is in the database. role: the login of the role (the default for a cluster). person: the person, as method.subject. iam: whoever the database takes the AWS identity for (always so for a workgroup).',
        examples: ['person'],
      }),
    autoCreate: z.boolean().default(false).meta({
      description:
        'Let AWS make the user in the database when it is missing. It starts with the rights of PUBLIC and dbGroups.',
    }),
    duration: duration(
      'How long a login can be used to connect; open sessions go on.',
      '15m',
      '15m',
      '1h',
    ).prefault('15m'),
    endpoint: awsEndpoint.optional(),
    dataApi: z.boolean().default(false).meta({
      description:
        'Query through the Redshift Data API instead of a connection: for a warehouse that cannot be reached over the network. host is left out then, and only the HTTP API serves the database.',
    }),
  })
  .meta({
    description:
      'Amazon Redshift: logins come from AWS, for each role that has neither password nor grants. AWS itself is asked with the standard credential chain of its SDK.',
  });

/** The `aws` section as the file has it, checked. */
export type AwsEntry = z.infer<typeof awsSchema>;
