let meshKey: string | undefined;

/**
 * Takes $BULKMESH_MESH_KEY out of the environment, before anything else happens: nothing that is started from here gets to
 * see it.
 */
export function hideSecrets(env: NodeJS.ProcessEnv): void {
  const text = env.BULKMESH_MESH_KEY ?? '';
  delete env.BULKMESH_MESH_KEY;
  meshKey = text.trim() === '' ? undefined : text;
}

/** What $BULKMESH_MESH_KEY was, once. */
export function takeMeshKey(): string | undefined {
  const text = meshKey;
  meshKey = undefined;
  return text;
}
