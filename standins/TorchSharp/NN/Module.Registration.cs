using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp.Utils
{
    /// <summary>The name under which a field of a module is registered, where it is not the field's own.</summary>
    [AttributeUsage(AttributeTargets.Field)]
    public class ComponentNameAttribute : Attribute
    {
        public string Name { get; set; } = "";
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public partial class Module
            {
                private bool areComponentsRegistered;

                /// <summary>Registers every field that holds a module, a parameter or a tensor (a buffer) under its name.</summary>
                protected virtual void RegisterComponents()
                {
                    if (areComponentsRegistered) return;
                    foreach (FieldInfo field in Fields(GetType()))
                    {
                        string key = ComponentName(field);
                        if (_internal_submodules.ContainsKey(key) || _internal_params.ContainsKey(key) || _internal_buffers.ContainsKey(key)) continue;
                        switch (field.GetValue(this))
                        {
                            case Module module: register_module(key, module); break;
                            case Parameter parameter: register_parameter(key, parameter); break;
                            case Tensor tensor: register_buffer(key, tensor); break;
                        }
                    }
                    areComponentsRegistered = true;
                }

                public void add_module(string name, Module module) => register_module(name, module);

                public virtual void register_module(string name, Module submodule)
                {
                    if (submodule is null || submodule.IsDisposed)
                    {
                        _internal_submodules.Remove(name);
                        return;
                    }
                    if (name.Contains('.')) throw new ArgumentException($"module name can't contain \".\", got: {name}");
                    if (string.IsNullOrEmpty(name)) throw new ArgumentException("module name can't be empty string \"\"");
                    if (_internal_submodules.ContainsKey(name)) throw new InvalidOperationException($"Sub-module {name} is already registered.");
                    submodule.RegisterComponents();
                    _internal_submodules.Add(name, submodule);
                }

                public virtual void register_parameter(string name, Parameter param)
                {
                    if (param is null || param.IsInvalid)
                        throw new ArgumentNullException(nameof(param), "A null tensor cannot be registered as a parameter.");
                    if (!_internal_params.TryAdd(name, param)) throw new InvalidOperationException($"Parameter {name} is already registered.");
                }

                public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
                {
                    if (tensor is null || tensor.IsInvalid)
                        throw new ArgumentNullException(nameof(tensor), "A null tensor cannot be registered as a buffer.");
                    if (!_internal_buffers.TryAdd(name, (tensor, persistent))) throw new InvalidOperationException($"Tensor {name} is already registered.");
                }

                protected void ConditionallyRegisterParameter(string name, Tensor? value) => ConditionallyRegisterParameter(name, value as Parameter);

                protected void ConditionallyRegisterParameter(string name, Parameter? value)
                {
                    if (value is null) _internal_params.Remove(name);
                    else _internal_params[name] = value;
                }

                protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
                {
                    if (value is null) _internal_buffers.Remove(name);
                    else _internal_buffers[name] = (value, persistent);
                }

                protected void ClearModules() => _internal_submodules.Clear();

                public virtual bool has_buffer(string target) => get_buffer(target) is not null;

                public virtual bool has_parameter(string target) => get_parameter(target) is not null;

                public virtual Tensor? get_buffer(string target)
                {
                    if (_internal_buffers.TryGetValue(target, out (Tensor buffer, bool) own)) return own.buffer;
                    return Child(target, out string rest)?.get_buffer(rest);
                }

                public virtual Parameter? get_parameter(string target)
                {
                    if (_internal_params.TryGetValue(target, out Parameter? own)) return own;
                    return Child(target, out string rest)?.get_parameter(rest);
                }

                private Module? Child(string path, out string rest)
                {
                    int dot = path.IndexOf('.');
                    rest = path[(dot + 1)..];
                    return dot > 0 && _internal_submodules.TryGetValue(path[..dot], out Module? child) ? child : null;
                }

                private static string ComponentName(FieldInfo field) =>
                    field.GetCustomAttribute<ComponentNameAttribute>() is { Name.Length: > 0 } named ? named.Name : field.Name;

                /// <summary>The fields of a type and its bases, the most derived first.</summary>
                private static IEnumerable<FieldInfo> Fields(Type type)
                {
                    var seen = new HashSet<string>();
                    for (Type? at = type; at is not null && at != typeof(object); at = at.BaseType)
                        foreach (FieldInfo field in at.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                            if (seen.Add(field.Name)) yield return field;
                }
            }
        }
    }
}
