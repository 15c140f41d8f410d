using System.Reflection;

namespace Microsoft.ML.Runtime;

/// <summary>The loadable classes of the assemblies registered so far, by load name and signature.</summary>
public sealed class ComponentCatalog
{
    private readonly HashSet<string> _assemblies = [];
    private readonly Dictionary<(string Name, Type Signature), LoadableClassInfo> _classes = [];
    private readonly Dictionary<(Type Attribute, string Contract), Type> _extensions = [];

    internal ComponentCatalog()
    {
    }

    /// <summary>Adds the classes that an assembly declares as loadable; a second registration does nothing.</summary>
    public void RegisterAssembly(Assembly assembly, bool throwOnError = true)
    {
        lock (_assemblies)
        {
            if (!_assemblies.Add(assembly.FullName))
                return;
            foreach (LoadableClassAttributeBase attribute in assembly.GetCustomAttributes(typeof(LoadableClassAttributeBase)))
                Add(attribute, throwOnError);
            foreach (var type in assembly.GetTypes().Where(t => t.IsClass))
                foreach (var extension in type.GetCustomAttributes<ExtensionBaseAttribute>())
                    if (!_extensions.TryAdd((extension.GetType(), extension.ContractName), type) && throwOnError)
                        throw Contracts.Except($"An extension for '{extension.GetType().Name}' with contract '{extension.ContractName}' has already been registered in the ComponentCatalog.");
        }
    }

    internal object GetExtensionValue(IHostEnvironment env, Type attributeType, string contractName) =>
        _extensions.TryGetValue((attributeType, contractName), out var type) ? Activator.CreateInstance(type)
            : throw env.Except($"Unable to locate an extension for the contract '{contractName}'. Ensure you have called {nameof(ComponentCatalog)}." +
                $"{nameof(RegisterAssembly)} with the Assembly that contains a class decorated with a '{attributeType.FullName}'.");

    internal static bool TryCreateInstance<TRes, TSig>(IHostEnvironment env, out TRes result, string name, string options, params object[] extra)
        where TRes : class
    {
        result = null;
        var catalog = env.ComponentCatalog;
        if (!catalog._classes.TryGetValue((name.ToLowerInvariant().Trim(), typeof(TSig)), out var info))
            return false;
        if (!typeof(TRes).IsAssignableFrom(info.Type))
            throw env.Except("Loadable class '{0}' does not derive from '{1}'", name, typeof(TRes).FullName);
        if (info.ExtraArgCount != extra.Length)
            throw env.Except("Wrong number of extra parameters for loadable class '{0}', need '{1}', given '{2}'", name, info.ExtraArgCount, extra.Length);
        result = (TRes)info.CreateInstance(env, extra);
        return true;
    }

    private void Add(LoadableClassAttributeBase attribute, bool throwOnError)
    {
        var info = LoadableClassInfo.Find(attribute);
        if (info is null && throwOnError)
            throw Contracts.Except($"Can't instantiate loadable class '{attribute.InstanceType.Name}' with name '{attribute.LoadNames[0]}'");
        foreach (string name in attribute.LoadNames)
            if (!_classes.TryAdd((name.ToLowerInvariant(), attribute.SigType), info) && throwOnError)
                throw Contracts.Except($"ComponentCatalog cannot map name '{name}' and SignatureType '{attribute.SigType}' to {attribute.InstanceType.Name}, already mapped.");
    }
}

/// <summary>A loadable class and the method or constructor that makes its instances.</summary>
internal sealed class LoadableClassInfo
{
    private readonly MethodBase _maker;
    private readonly bool _takesEnvironment;

    private LoadableClassInfo(LoadableClassAttributeBase attribute, MethodBase maker, bool takesEnvironment) =>
        (Type, ExtraArgCount, _maker, _takesEnvironment) = (attribute.InstanceType, attribute.CtorTypes.Length, maker, takesEnvironment);

    public Type Type { get; }

    public int ExtraArgCount { get; }

    /// <summary>The maker is a static <c>Create</c> or a constructor, with or without an environment first; of two, the more visible one.</summary>
    public static LoadableClassInfo Find(LoadableClassAttributeBase attribute)
    {
        const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic;
        Type[] plain = attribute.CtorTypes, withEnvironment = [typeof(IHostEnvironment), .. plain];
        var loader = attribute.LoaderType;

        MethodBase Create(Type[] types) => loader.GetMethod("Create", Any | BindingFlags.Static, null, types, null) is { } method
            && method.DeclaringType == loader && method.ReturnType == attribute.InstanceType ? method : null;
        MethodBase Constructor(Type[] types) => attribute.InstanceType.IsAssignableFrom(loader)
            ? loader.GetConstructor(Any | BindingFlags.Instance, null, types, null) : null;

        MethodBase create = Create(plain) ?? Create(withEnvironment), constructor = Constructor(plain) ?? Constructor(withEnvironment);
        if (create is null && constructor is null)
            return null;
        if (create is not null && constructor is not null && Visibility(create) == Visibility(constructor))
            throw Contracts.Except($"Can't load type {attribute.InstanceType}, because it has both create and constructor methods with the same visibility.");
        var maker = create is null || (constructor is not null && Visibility(constructor) > Visibility(create)) ? constructor : create;
        return new(attribute, maker, maker.GetParameters().Length > plain.Length);
    }

    public object CreateInstance(IHostEnvironment env, object[] extra)
    {
        object[] arguments = _takesEnvironment ? [env, .. extra] : extra;
        try
        {
            return _maker is ConstructorInfo constructor ? constructor.Invoke(arguments) : _maker.Invoke(null, arguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner && inner.IsMarked())
        {
            throw Contracts.Except(e, "Error during class instantiation");
        }
    }

    private static int Visibility(MethodBase method) =>
        method.IsPublic ? 5 : method.IsAssembly ? 4 : method.IsFamilyOrAssembly ? 3 : method.IsFamily ? 2 : method.IsPrivate ? 1 : 0;
}
