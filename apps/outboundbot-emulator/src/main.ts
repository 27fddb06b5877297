import { readSettings, SettingsError } from './settings.js';
import { type Emulator, startEmulator } from './start-emulator.js';

try {
  const settings = readSettings(process.env);
  const emulator = await startEmulator(settings).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError(
      `Cannot listen on EMULATOR_HOST ${settings.host}, EMULATOR_PORT ${settings.port}: ${reason}`,
    );
  });
  process.stdout.write(`OutboundBot emulator on ${emulator.url} (steering under /_emulator/)\n`);
  closeOnSignals(emulator);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function closeOnSignals(emulator: Emulator): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void emulator.close().then(() => process.exit(0));
    });
  }
}
