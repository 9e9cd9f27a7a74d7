import ts from 'typescript';

/** Where the type declarations of a library begin, and the folder that all of them are in. */
export interface Declarations {
  readonly entry: string;
  readonly folder: string;
}

/** The public methods of each library, `Type.method`, its functions and, `new Type`, its constructors. */
export function publicMethods(libraries: Readonly<Record<string, Declarations>>): Record<string, string[]> {
  const program = ts.createProgram(
    Object.values(libraries).map(({ entry }) => entry),
    {
      module: ts.ModuleKind.Node20,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      target: ts.ScriptTarget.ES2023,
      strict: true,
      types: ['node'],
    },
  );
  return Object.fromEntries(
    Object.entries(libraries).map(([name, declarations]) => [name, new MethodList(program, declarations).list()]),
  );
}

/**
 * Follows what a library hands out: what it exports, what its functions give back, and what it calls the app's functions
 * with. What the app hands over, options and the functions in them, is the app's. Operators (`Symbol.hasInstance`) are no
 * methods, nor is what comes from Node.js: `EventEmitter.off`, `Error.captureStackTrace`.
 */
class MethodList {
  private readonly _methods = new Set<string>();
  private readonly _handedOut = new Set<ts.Type>();
  private readonly _handedOver = new Set<ts.Type>();
  private readonly _checker: ts.TypeChecker;
  private readonly _entry: ts.SourceFile;
  /** A class has the name for an interface that is there for it alone. */
  private readonly _classes = new Map<ts.Symbol, string>();

  constructor(
    private readonly _program: ts.Program,
    private readonly _declarations: Declarations,
  ) {
    this._checker = _program.getTypeChecker();
    this._entry = _program.getSourceFile(_declarations.entry)!;
    for (const file of _program.getSourceFiles().filter(file => this._isOfLibrary(file))) {
      file.statements.filter(ts.isClassDeclaration).forEach(statement => this._readInterfaces(statement));
    }
  }

  list(): string[] {
    const library = this._checker.getSymbolAtLocation(this._entry)!;
    for (const exported of this._checker.getExportsOfModule(library)) {
      const isAlias = exported.flags & ts.SymbolFlags.Alias;
      const symbol = isAlias ? this._checker.getAliasedSymbol(exported) : exported;
      if (symbol.flags & ts.SymbolFlags.Value) this._readValue(exported.name, this._typeOf(symbol));
    }
    return [...this._methods].sort();
  }

  private _readInterfaces({ name, heritageClauses }: ts.ClassDeclaration): void {
    const clause = heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ImplementsKeyword);
    for (const { expression } of clause?.types ?? []) {
      const { symbol } = this._checker.getTypeAtLocation(expression);
      if (symbol && name) this._classes.set(symbol, name.text);
    }
  }

  /** A function, a class, or an object with such; its path is its name. */
  private _readValue(path: string, type: ts.Type): void {
    this._readCallable(path, type);
    for (const { name, type: inside } of this._members(type)) this._readValue(`${path}.${name}`, inside);
  }

  private _readCallable(name: string, type: ts.Type): void {
    for (const signature of type.getCallSignatures()) {
      this._methods.add(name);
      this._readSignature(signature, name);
    }
    for (const signature of type.getConstructSignatures()) {
      if (!isAbstract(type)) this._methods.add(`new ${name}`);
      this._readSignature(signature, name);
    }
  }

  private _readSignature(signature: ts.Signature, name: string): void {
    for (const parameter of signature.parameters) this._handOver(this._typeOf(parameter), name);
    this._handOut(signature.getReturnType(), name);
  }

  /** What an app gets. */
  private _handOut(type: ts.Type, from: string): void {
    if (this._handedOut.has(type)) return;
    this._handedOut.add(type);
    for (const inside of this._typesIn(type)) this._handOut(inside, from);
    if (type.isUnion() || !this._isOwn(type)) return;
    const name = this._nameOf(type) ?? from;
    if (name !== from) this._readCallable(name, type);
    for (const { name: member, type: inside } of this._members(type)) {
      if (isCallable(inside)) this._readCallable(`${name}.${member}`, inside);
      else this._handOut(inside, `${name}.${member}`);
    }
  }

  /** What an app gives: its functions are called with what it gets. */
  private _handOver(type: ts.Type, from: string): void {
    if (this._handedOver.has(type)) return;
    this._handedOver.add(type);
    for (const inside of this._typesIn(type)) this._handOver(inside, from);
    for (const signature of type.getCallSignatures()) {
      for (const parameter of signature.parameters) this._handOut(this._typeOf(parameter), from);
      this._handOver(signature.getReturnType(), from);
    }
    // The instance of a class was handed out before.
    if (!this._isOwn(type) || type.symbol?.flags & ts.SymbolFlags.Class) return;
    for (const { type: inside } of this._members(type)) this._handOver(inside, from);
  }

  /** Of a promise what it is of, of a union what it may be. */
  private _typesIn(type: ts.Type): readonly ts.Type[] {
    if (type.isUnion()) return type.types;
    const isReference = (type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference;
    return [
      ...(type.aliasTypeArguments ?? []),
      ...(isReference ? this._checker.getTypeArguments(type as ts.TypeReference) : []),
    ];
  }

  private _nameOf({ aliasSymbol, symbol }: ts.Type): string | undefined {
    const named = aliasSymbol ?? symbol;
    const [declaration] = (named?.declarations ?? []) as readonly ts.NamedDeclaration[];
    const name = this._classes.get(named) ?? declaration?.name?.getText();
    return name && !name.startsWith('__') ? name : undefined;
  }

  private _members(type: ts.Type): { name: string; type: ts.Type }[] {
    return type
      .getProperties()
      .filter(property => !property.name.startsWith('__@') && this._isPublic(property))
      .map(property => ({ name: property.name, type: this._checker.getNonNullableType(this._typeOf(property)) }));
  }

  private _isPublic({ flags, declarations = [] }: ts.Symbol): boolean {
    if (flags & ts.SymbolFlags.Prototype || declarations.every(declaration => this._isOfNode(declaration)))
      return false;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    return !(ts.getCombinedModifierFlags(declarations[0]) & hidden);
  }

  private _isOwn({ aliasSymbol, symbol }: ts.Type): boolean {
    const declarations = [...(aliasSymbol?.declarations ?? []), ...(symbol?.declarations ?? [])];
    return declarations.some(declaration => this._isOfLibrary(declaration.getSourceFile()));
  }

  private readonly _isOfLibrary = ({ fileName }: ts.SourceFile): boolean =>
    fileName.startsWith(this._declarations.folder);

  private _isOfNode(declaration: ts.Declaration): boolean {
    const file = declaration.getSourceFile();
    return this._program.isSourceFileDefaultLibrary(file) || file.fileName.includes('/node_modules/@types/node/');
  }

  private _typeOf(symbol: ts.Symbol): ts.Type {
    return this._checker.getTypeOfSymbolAtLocation(symbol, this._entry);
  }
}

const isCallable = (type: ts.Type) => type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0;

const isAbstract = ({ symbol }: ts.Type) =>
  symbol?.declarations?.some(declaration => ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Abstract);
