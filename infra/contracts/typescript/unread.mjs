// Prints every field of the contract that the consumer does not read, as `Type.field`.

import ts from "typescript";

const TYPES = "challenge-system.ts";
const CONSUMER = "consumer.ts";

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getCurrentDirectory: () => process.cwd(),
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  getScriptFileNames: () => [TYPES, CONSUMER],
  getScriptSnapshot: (name) => ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(ts.sys.readFile(name)) : undefined,
  getScriptVersion: () => "1",
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
});

const isRead = (field) =>
  (service.findReferences(TYPES, field.name.getStart()) ?? [])
    .flatMap(({ references }) => references)
    .some(({ fileName }) => fileName.endsWith(CONSUMER));

for (const type of service.getProgram().getSourceFile(TYPES).statements.filter(ts.isInterfaceDeclaration)) {
  // The list of all documents exists for the generator only.
  if (type.name.text === "Contract") continue;
  for (const field of type.members.filter(ts.isPropertySignature)) {
    if (!isRead(field)) console.log(`${type.name.text}.${field.name.getText()}`);
  }
}
