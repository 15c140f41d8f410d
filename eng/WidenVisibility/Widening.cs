using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace WidenVisibility;

/// <summary>A type that was named is not in the assembly.</summary>
internal sealed class TypeNotFoundException(string type) : Exception($"type '{type}' not found");

/// <summary>Changes visibility flags in the metadata tables of an assembly, in place: nothing moves and nothing else changes.</summary>
internal static class Widening
{
    // Where the flags stand in a row of each table (ECMA-335 II.22).
    private const int TypeFlags = 0, FieldFlags = 0, MethodFlags = 6;

    /// <exception cref="BadImageFormatException">The image is no .NET assembly.</exception>
    /// <exception cref="TypeNotFoundException">The assembly lacks a named type.</exception>
    public static void Apply(byte[] image, IReadOnlyCollection<string> typeNames)
    {
        using var pe = new PEReader(ImmutableArray.Create(image));
        var metadata = pe.GetMetadataReader();
        int start = pe.PEHeaders.MetadataStartOffset;

        Span<byte> Row(TableIndex table, EntityHandle handle) => image.AsSpan(start + metadata.GetTableMetadataOffset(table)
            + (MetadataTokens.GetRowNumber(handle) - 1) * metadata.GetTableRowSize(table));

        foreach (var handle in Select(metadata, typeNames))
        {
            var type = metadata.GetTypeDefinition(handle);
            BinaryPrimitives.WriteUInt32LittleEndian(Row(TableIndex.TypeDef, handle)[TypeFlags..], (uint)Widen(type.Attributes));
            foreach (var field in type.GetFields())
                BinaryPrimitives.WriteUInt16LittleEndian(Row(TableIndex.Field, field)[FieldFlags..], (ushort)Widen(metadata.GetFieldDefinition(field).Attributes));
            foreach (var method in type.GetMethods())
                BinaryPrimitives.WriteUInt16LittleEndian(Row(TableIndex.MethodDef, method)[MethodFlags..], (ushort)Widen(metadata.GetMethodDefinition(method).Attributes));
        }
    }

    private static IEnumerable<TypeDefinitionHandle> Select(MetadataReader metadata, IReadOnlyCollection<string> typeNames)
    {
        var byName = metadata.TypeDefinitions.ToDictionary(handle => FullName(metadata, handle));
        if (typeNames.Count == 0)
            return byName.Values;
        return typeNames.Select(name => byName.TryGetValue(name, out var handle) ? handle : throw new TypeNotFoundException(name)).ToList();
    }

    private static string FullName(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        string name = metadata.GetString(type.Name);
        if (type.GetDeclaringType() is { IsNil: false } outer)
            return $"{FullName(metadata, outer)}+{name}";
        string space = metadata.GetString(type.Namespace);
        return space.Length == 0 ? name : $"{space}.{name}";
    }

    private static TypeAttributes Widen(TypeAttributes flags) => (flags & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.NotPublic => With(flags, TypeAttributes.Public),
        TypeAttributes.NestedAssembly or TypeAttributes.NestedFamORAssem => With(flags, TypeAttributes.NestedPublic),
        TypeAttributes.NestedFamANDAssem => With(flags, TypeAttributes.NestedFamily),
        _ => flags,
    };

    private static FieldAttributes Widen(FieldAttributes flags) => (flags & FieldAttributes.FieldAccessMask) switch
    {
        FieldAttributes.Assembly => flags & ~FieldAttributes.FieldAccessMask | FieldAttributes.Public,
        FieldAttributes.FamANDAssem => flags & ~FieldAttributes.FieldAccessMask | FieldAttributes.Family,
        _ => flags,
    };

    private static MethodAttributes Widen(MethodAttributes flags) => (flags & MethodAttributes.MemberAccessMask) switch
    {
        MethodAttributes.Assembly => flags & ~MethodAttributes.MemberAccessMask | MethodAttributes.Public,
        MethodAttributes.FamANDAssem => flags & ~MethodAttributes.MemberAccessMask | MethodAttributes.Family,
        _ => flags,
    };

    private static TypeAttributes With(TypeAttributes flags, TypeAttributes visibility) => flags & ~TypeAttributes.VisibilityMask | visibility;
}
