import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { LIMITS } from '../packages/protocol/src/limits.ts';
import { inRoot } from './setup/project.js';

const read = (...path) => readFileSync(inRoot('deploy', ...path), 'utf8');
const manifest = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
const DIGEST = /@sha256:[0-9a-f]{64}$/;
const NUMBERED_USER = /^[1-9]\d*:[1-9]\d*$/;
/** A value that a password, a key or an address with a password could be in. */
const SECRET_NAME = /PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL|REDIS_URL/;

describe('deploy/Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const image = /^ARG NODE_IMAGE=(.*)$/m.exec(read('Dockerfile'))?.[1];

  it('builds every stage on one Node, that of package.json, by its digest', () => {
    expect(image).toMatch(DIGEST);
    expect(image).toContain(`node:${manifest.dependencies.node}-slim@`);
    const stages = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(new Set(stages)).toEqual(new Set([`\${NODE_IMAGE}`, 'manifests']));
  });

  it('ends as a user without privileges, by number, and does nothing more as root', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    const user = last.findIndex((line) => line.startsWith('USER '));
    expect(last[user]?.slice('USER '.length)).toMatch(NUMBERED_USER);
    expect(last.slice(user + 1).filter((line) => /^(?:RUN|COPY|ADD|USER) /.test(line))).toEqual([]);
  });

  it('runs no install script of a package', () => {
    const installs = lines.filter((line) => /\bnpm (?:install|ci)\b/.test(line));
    expect(installs.length).toBeGreaterThan(0);
    for (const line of installs) expect(line).toContain('--ignore-scripts');
  });
});

describe('deploy/compose.yaml', () => {
  const compose = parse(read('compose.yaml'), { merge: true });
  const services = Object.entries(compose.services);
  const DARKROOM = ['gateway-1', 'gateway-2', 'worker', 'bucket'];
  const networksOf = ({ networks = [] }) => (Array.isArray(networks) ? networks : Object.keys(networks));

  it.each(services)('%s has no privileges and cannot gain any', (_name, service) => {
    expect(service.user).toMatch(NUMBERED_USER);
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    for (const key of ['privileged', 'cap_add', 'devices', 'pid', 'ipc', 'userns_mode', 'env_file'])
      expect(service).not.toHaveProperty(key);
    expect(service.network_mode ?? 'none').toBe('none');
    for (const volume of service.volumes ?? []) expect(volume).toMatch(/^(?:[a-z]+:\/[a-z/]+|\.\/[^:]+:[^:]+:ro)$/);
  });

  it.each(services)('%s has limits of memory, processes and log', (_name, service) => {
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.logging.options).toEqual({ 'max-size': expect.any(String), 'max-file': expect.any(String) });
  });

  it.each(services)('%s is an image of one version, by its digest or built here', (name, service) => {
    if (DARKROOM.includes(name)) {
      expect(service.image).toBe(`darkroom:\${DARKROOM_VERSION:-${manifest.version}}`);
      expect(service.pull_policy).toBe('never');
    } else expect(service.image).toMatch(/^[\w./]+:v?\d+\.\d+\.\d+(?:-alpine)?@|^postgres:\d+\.\d+-alpine@/);
    if (!DARKROOM.includes(name)) expect(service.image).toMatch(DIGEST);
  });

  it.each(['gateway-1', 'gateway-2', 'worker'])('%s has room for two images that are decoded', (name) => {
    const [, amount, unit] = /^(\d+)([mg])$/.exec(compose.services[name].mem_limit);
    // docs/deployment.md: 1 GiB beside its own memory.
    expect(Number(amount) * (unit === 'g' ? 1024 : 1)).toBeGreaterThanOrEqual(2048);
  });

  it('publishes one port, on the loopback address', () => {
    expect(services.filter(([, service]) => service.ports !== undefined).map(([name]) => name)).toEqual(['nginx']);
    const tls = parse(read('compose.tls.yaml'), { logLevel: 'error' }).services;
    expect(Object.keys(tls)).toEqual(['nginx']);
    for (const port of [...compose.services.nginx.ports, ...tls.nginx.ports])
      expect(port).toMatch(/^\$\{PUBLISH_ADDRESS:-127\.0\.0\.1\}:[^:]+(?::-\d+\})?:[1-9]\d{3,4}$/);
  });

  it('connects each service with those that it needs, and the worker alone with the outside', () => {
    const members = Object.fromEntries(
      Object.keys(compose.networks).map((network) => [
        network,
        services.filter(([, service]) => networksOf(service).includes(network)).map(([name]) => name),
      ]),
    );
    expect(members).toEqual({
      edge: ['nginx'],
      front: ['gateway-1', 'gateway-2', 'nginx'],
      database: ['gateway-1', 'gateway-2', 'worker', 'postgres'],
      queue: ['gateway-1', 'gateway-2', 'worker', 'redis'],
      objects: ['gateway-1', 'gateway-2', 'worker', 'objects'],
      backends: ['worker'],
    });
    const open = Object.keys(members).filter((network) => compose.networks[network]?.internal !== true);
    expect(open).toEqual(['edge', 'backends']);
    expect(compose.networks.edge.driver_opts).toEqual({ 'com.docker.network.bridge.enable_ip_masquerade': 'false' });
    for (const [name, { networks }] of services) expect(networks === undefined).toBe(name === 'bucket');
  });

  it.each(['gateway-1', 'gateway-2'])('%s listens in the network of nginx alone, whose word it takes', (name) => {
    const { environment, networks } = compose.services[name];
    expect(environment).toMatchObject({ HOST: `${name}.front`, TRUST_PROXY: 'true' });
    const named = Object.entries(networks).filter(([, network]) => network.aliases?.includes(environment.HOST));
    expect(named.map(([network]) => network)).toEqual(['front']);
  });

  it('gives each service the secrets that it uses, as files', () => {
    const darkroom = ['database_url', 'redis_url', 's3_access_key', 's3_secret_key'];
    expect(Object.fromEntries(services.map(([name, { secrets = [] }]) => [name, secrets]))).toEqual({
      'gateway-1': darkroom,
      'gateway-2': darkroom,
      worker: darkroom,
      nginx: [],
      postgres: ['postgres_password', 'database_password'],
      redis: ['redis_password'],
      objects: ['s3_access_key', 's3_secret_key'],
      bucket: [],
    });
    for (const [name, { environment = {} }] of services) {
      const secrets = Object.keys(environment).filter((variable) => SECRET_NAME.test(variable));
      expect(secrets.filter((variable) => !variable.endsWith('_FILE'))).toEqual([]);
      if (name !== 'worker') expect(environment).not.toHaveProperty('PROVIDERS');
    }
  });

  it('takes nothing from the environment that deploy/.env.example does not explain, and no secret', () => {
    const used = [...`${read('compose.yaml')}${read('compose.tls.yaml')}`.matchAll(/(?<!\$)\$\{(\w+)/g)];
    const explained = [...read('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(new Set(used.map(([, name]) => name))).toEqual(new Set([...explained, 'DARKROOM_VERSION']));
    expect(explained.filter((name) => SECRET_NAME.test(name))).toEqual([]);
  });
});

describe('deploy/make-secrets.sh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-secrets-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (name) => {
    const target = join(folder, name);
    execFileSync('sh', [inRoot('deploy', 'make-secrets.sh'), target]);
    return Object.fromEntries(readdirSync(target).map((file) => [file, readFileSync(join(target, file), 'utf8')]));
  };

  it('writes every secret of compose.yaml, in a folder that only its owner enters', () => {
    const made = run('one');
    const { secrets } = parse(read('compose.yaml'), { merge: true });
    expect(new Set(Object.keys(made))).toEqual(new Set(Object.keys(secrets)));
    for (const [name, { file }] of Object.entries(secrets)) expect(file).toBe(`secrets/${name}`);
    expect(statSync(join(folder, 'one')).mode & 0o777).toBe(0o700);
    for (const name of Object.keys(made)) expect(statSync(join(folder, 'one', name)).mode & 0o777).toBe(0o444);
    const parts = Object.entries(made).filter(([name]) => !name.endsWith('_url'));
    for (const [, text] of parts) expect(text).toMatch(/^[0-9a-f]{48}\n$/);
    expect(new Set(parts.map(([, text]) => text)).size).toBe(parts.length);
    expect(new URL(made.database_url).password).toBe(made.database_password.trim());
    expect(new URL(made.redis_url).password).toBe(made.redis_password.trim());
  });

  it('keeps what is there, and makes others elsewhere', () => {
    const made = run('two');
    rmSync(join(folder, 'two', 's3_secret_key'));
    const again = run('two');
    expect(again).toEqual({ ...made, s3_secret_key: expect.not.stringMatching(made.s3_secret_key) });
    expect(run('three').postgres_password).not.toBe(made.postgres_password);
  });

  it('writes where git looks away', () => {
    expect(readFileSync(inRoot('.gitignore'), 'utf8').split('\n')).toContain('deploy/secrets/');
    expect(read('Dockerfile.dockerignore').split('\n')[0]).toBe('*');
  });
});

describe('deploy/kubernetes', () => {
  const files = readdirSync(inRoot('deploy', 'kubernetes'));
  const kustomization = parse(read('kubernetes', 'kustomization.yaml'));
  const resources = files
    .filter((file) => file !== 'kustomization.yaml')
    .flatMap((file) => parseAllDocuments(read('kubernetes', file)).map((document) => document.toJS()));
  const ofKind = (kind) => resources.filter((resource) => resource.kind === kind);
  const pods = ofKind('Deployment').map(({ metadata, spec }) => [metadata.name, spec.template.spec, spec]);
  const policies = ofKind('NetworkPolicy');

  it('applies every file', () => {
    expect([...kustomization.resources, 'kustomization.yaml'].toSorted()).toEqual(files.toSorted());
    expect(pods.map(([name]) => name)).toEqual(['gateway', 'worker']);
  });

  it('lets no pod into the namespace that is less than restricted', () => {
    const [namespace] = ofKind('Namespace');
    expect(namespace.metadata.name).toBe(kustomization.namespace);
    expect(namespace.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  it('names one version of the image', () => {
    expect(kustomization.images).toEqual([{ name: 'darkroom', newName: expect.any(String), newTag: manifest.version }]);
    for (const [, { containers }] of pods) expect(containers.map(({ image }) => image)).toEqual(['darkroom']);
  });

  it.each(pods)('%s has no privileges, no token of the cluster, and cannot gain any', (_name, pod) => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    });
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC', 'hostUsers', 'initContainers'])
      expect(pod).not.toHaveProperty(key);
    for (const { securityContext } of pod.containers)
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    for (const { name: _, ...volume } of pod.volumes) expect(Object.keys(volume)[0]).toMatch(/^(?:emptyDir|secret)$/);
  });

  it.each(pods)('%s has limits, probes and a disruption budget', (name, pod, { replicas }) => {
    for (const container of pod.containers) {
      expect(container.resources).toMatchObject({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String), 'ephemeral-storage': expect.any(String) },
      });
      expect(container).toMatchObject({ readinessProbe: expect.anything(), livenessProbe: expect.anything() });
    }
    expect(replicas).toBeGreaterThan(1);
    expect(ofKind('PodDisruptionBudget').map(({ metadata }) => metadata.name)).toContain(name);
  });

  it('gives each pod the secrets that it uses, as files: keys of backends to workers alone', () => {
    const mounted = pods.map(([name, { volumes }]) => [
      name,
      volumes.flatMap(({ secret }) => (secret === undefined ? [] : [secret.secretName])),
    ]);
    expect(Object.fromEntries(mounted)).toEqual({ gateway: ['darkroom'], worker: ['darkroom', 'darkroom-backends'] });
    for (const [, { containers }] of pods) {
      for (const { env, envFrom } of containers) {
        expect(envFrom.filter(({ secretRef }) => secretRef !== undefined)).toEqual([]);
        expect(env.filter(({ valueFrom }) => valueFrom !== undefined)).toEqual([]);
        const secrets = env.filter(({ name }) => SECRET_NAME.test(name));
        expect(secrets.filter(({ name }) => !name.endsWith('_FILE'))).toEqual([]);
      }
    }
    const kept = Object.fromEntries(ofKind('Secret').map(({ metadata, stringData }) => [metadata.name, stringData]));
    expect(Object.keys(kept)).toEqual(['darkroom', 'darkroom-backends']);
    expect(Object.keys(kept.darkroom).filter((name) => /_API_|PROVIDERS/.test(name))).toEqual([]);
    for (const { data } of ofKind('ConfigMap'))
      expect(Object.keys(data).filter((name) => SECRET_NAME.test(name) || name === 'PROVIDERS')).toEqual([]);
  });

  it.each(pods)('%s names files that the mounted secrets have', (_name, { containers }) => {
    const kept = Object.fromEntries(ofKind('Secret').map(({ metadata, stringData }) => [metadata.name, stringData]));
    const files = containers.flatMap(({ env }) => env.filter(({ name }) => name.endsWith('_FILE')));
    expect(files.length).toBeGreaterThan(0);
    for (const { name, value } of files) {
      const secret = value.startsWith('/run/secrets/backends/') ? kept['darkroom-backends'] : kept.darkroom;
      expect(Object.keys(secret)).toContain(value.split('/').at(-1));
      expect(value.endsWith(`/${name.replace(/_FILE$/, '')}`)).toBe(true);
    }
  });

  it('denies every connection that no policy names', () => {
    const all = policies.filter(({ spec }) => Object.keys(spec.podSelector).length === 0);
    expect(all.map(({ spec }) => spec)).toEqual([{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }]);
  });

  it('opens these connections and no others', () => {
    const flows = policies.flatMap(({ spec }) =>
      ['ingress', 'egress'].flatMap((direction) =>
        (spec[direction] ?? []).map((rule) => {
          const peers = (rule.from ?? rule.to).map(peerName).join(' or ');
          const ports = (rule.ports ?? []).map(({ protocol, port }) => `${protocol} ${port}`).join(', ');
          return `${direction} of ${selected(spec.podSelector)}: ${peers}, ${ports || 'any port'}`;
        }),
      ),
    );
    expect(flows.toSorted()).toEqual(
      [
        'ingress of gateway: ingress-nginx/ingress-nginx, TCP 8787',
        'ingress of gateway, worker: monitoring/prometheus, TCP 8787',
        'egress of gateway, worker: kube-system/kube-dns, UDP 53, TCP 53',
        'egress of gateway, worker: postgres, TCP 5432',
        'egress of gateway, worker: redis, TCP 6379',
        'egress of gateway, worker: public IPv4 or public IPv6, TCP 443',
        'egress of worker: public IPv4 or public IPv6, TCP 443',
        'egress of worker: backend, any port',
        'ingress of postgres: gateway, worker, TCP 5432',
        'ingress of redis: gateway, worker, TCP 6379',
        'ingress of backend: worker, any port',
      ].toSorted(),
    );
  });
});

/** Components that a selector chooses. */
function selected({ matchLabels = {}, matchExpressions = [] }) {
  const [expression] = matchExpressions;
  return matchLabels['app.kubernetes.io/component'] ?? (expression?.values ?? Object.values(matchLabels)).join(', ');
}

const PRIVATE = '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16';

/** The peer of a rule; the public internet has neither private networks nor the cloud's metadata service. */
function peerName({ ipBlock, namespaceSelector, podSelector }) {
  if (ipBlock?.cidr === '0.0.0.0/0' && ipBlock.except.join(' ') === PRIVATE) return 'public IPv4';
  if (ipBlock?.cidr === '2000::/3') return 'public IPv6';
  if (ipBlock !== undefined) return JSON.stringify(ipBlock);
  if (namespaceSelector === undefined) return selected(podSelector);
  const { 'app.kubernetes.io/name': name, 'k8s-app': app } = podSelector.matchLabels;
  return `${namespaceSelector.matchLabels['kubernetes.io/metadata.name']}/${name ?? app}`;
}

describe('deploy/systemd', () => {
  const unit = read('systemd', 'darkroom@.service');
  const valuesOf = (name) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);

  it.each(
    Object.entries({
      User: 'darkroom',
      UMask: '0077',
      StateDirectoryMode: '0700',
      LimitCORE: '0',
      NoNewPrivileges: 'yes',
      CapabilityBoundingSet: '',
      AmbientCapabilities: '',
      RestrictSUIDSGID: 'yes',
      PrivateUsers: 'yes',
      RestrictNamespaces: 'yes',
      LockPersonality: 'yes',
      RestrictRealtime: 'yes',
      ProtectSystem: 'strict',
      ProtectHome: 'yes',
      PrivateTmp: 'yes',
      PrivateDevices: 'yes',
      PrivateIPC: 'yes',
      PrivateMounts: 'yes',
      ProtectProc: 'invisible',
      ProcSubset: 'pid',
      ProtectKernelTunables: 'yes',
      ProtectKernelModules: 'yes',
      ProtectKernelLogs: 'yes',
      ProtectControlGroups: 'yes',
      ProtectClock: 'yes',
      ProtectHostname: 'yes',
      RestrictAddressFamilies: 'AF_INET AF_INET6 AF_UNIX',
      SystemCallArchitectures: 'native',
    }),
  )('sets %s to %s', (name, value) => {
    expect(valuesOf(name)).toEqual([value]);
  });

  it('allows the system calls of a service, without those of privileges and resources but for setpriority', () => {
    expect(valuesOf('SystemCallFilter')).toEqual(['@system-service', '~@privileged @resources', 'setpriority']);
  });

  it('writes to no folder but its own, and runs nothing as root', () => {
    expect([...valuesOf('ReadWritePaths'), ...valuesOf('SupplementaryGroups')]).toEqual([]);
    expect(valuesOf('ExecStart').every((command) => command.startsWith('/'))).toBe(true);
    expect([...valuesOf('ExecStartPre'), ...valuesOf('ExecStartPost')]).toEqual([]);
  });

  it('takes secrets as credentials: each setting names the credential of its own name', () => {
    for (const file of ['credentials.conf', 'backend-keys.conf']) {
      const text = read('systemd', file);
      const loaded = [...text.matchAll(/^LoadCredential=(\w+):\/etc\/darkroom\/credentials\/\1$/gm)];
      const named = [...text.matchAll(/^Environment=(\w+)_FILE=%d\/\1$/gm)];
      expect(loaded.length).toBeGreaterThan(0);
      expect(named.map(([, name]) => name)).toEqual(loaded.map(([, name]) => name));
      expect(text.match(/^(?:LoadCredential|Environment)=/gm)).toHaveLength(2 * loaded.length);
    }
    expect(read('systemd', 'credentials.conf')).not.toMatch(/^LoadCredential=.*(?:_API_KEY|PROVIDERS)/m);
  });
});

describe('deploy/nginx', () => {
  const config = read('nginx', 'nginx.conf').replace(/^\s*#.*$/gm, '');

  it('replaces what a client says of itself', () => {
    const headers = Object.fromEntries(
      [...config.matchAll(/proxy_set_header (\S+) (.*);/g)].map(([, name, value]) => [name, value]),
    );
    expect(headers).toMatchObject({
      Host: '$http_host',
      'X-Forwarded-Host': '$http_host',
      'X-Forwarded-For': '$remote_addr',
      'X-Forwarded-Proto': '$scheme',
      Forwarded: '""',
    });
    // Headers that are set in a location replace all those of the server.
    expect(config.slice(config.indexOf('location'))).not.toContain('proxy_set_header');
  });

  it('listens where a user without privileges can, and writes to /tmp alone', () => {
    for (const [, port] of `${config}${read('nginx', 'tls.conf')}`.matchAll(/listen (\d+)/g))
      expect(Number(port)).toBeGreaterThan(1023);
    expect(config).toContain('pid /tmp/');
    for (const kind of ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'])
      expect(config).toContain(`${kind}_temp_path /tmp/`);
  });

  it('takes a little more than Darkroom, which refuses the rest itself, and no more than twice as much', () => {
    const unit = { k: 1024, m: 1024 * 1024 };
    const [json, upload] = [...config.matchAll(/client_max_body_size (\d+)([km]);/g)].map(
      ([, count, letter]) => Number(count) * unit[letter],
    );
    for (const [limit, own] of [
      [json, LIMITS.httpBodyBytes],
      [upload, LIMITS.uploadBytes],
    ]) {
      expect(limit).toBeGreaterThan(own);
      expect(limit).toBeLessThanOrEqual(2 * own);
    }
  });

  it('ends TLS with forward secrecy and authenticated encryption only', () => {
    const tls = read('nginx', 'tls.conf');
    expect(tls).toContain('ssl_protocols TLSv1.2 TLSv1.3;');
    const ciphers = /^ssl_ciphers (.*);$/m.exec(tls)?.[1]?.split(':') ?? [];
    expect(ciphers.length).toBeGreaterThan(0);
    for (const cipher of ciphers)
      expect(cipher).toMatch(/^ECDHE-(?:ECDSA|RSA)-(?:AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)$/);
  });
});

it('no file in deploy/ names an image by a tag that moves', () => {
  const files = readdirSync(inRoot('deploy'), { recursive: true }).filter((file) => !file.startsWith('secrets'));
  const texts = files.filter((file) => statSync(inRoot('deploy', file)).isFile()).map((file) => read(file));
  expect(texts.length).toBeGreaterThan(0);
  expect(texts.filter((text) => /:(?:latest|stable|edge)\b/.test(text))).toEqual([]);
});
