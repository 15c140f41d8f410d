using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The 256 bytes before a component's model: where the model, its strings and its loader's name lie, and its version.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct ModelHeader
{
    public const int Size = 256;
    public const ulong SignatureValue = 0x4C45444F4D004C4DUL;
    public const ulong TailSignatureValue = 0x4D4C004D4F44454CUL;
    private const uint VersionWritten = 0x00010002;
    private const uint VersionReadable = 0x00010002;
    private const uint VersionReadBack = 0x00010001;
    private const int SignatureLength = 24;

    public ulong Signature;
    public uint VerWritten;
    public uint VerReadable;
    public long FpModel;
    public long CbModel;
    public long FpStringTable;
    public long CbStringTable;
    public long FpStringChars;
    public long CbStringChars;
    public ulong ModelSignature;
    public uint ModelVerWritten;
    public uint ModelVerReadable;
    public LoaderName LoaderSignature;
    public LoaderName LoaderSignatureAlt;
    public long FpTail;
    public long FpLim;
    public long FpAssemblyName;
    public uint CbAssemblyName;

    /// <summary>Up to 24 one-byte characters.</summary>
    [System.Runtime.CompilerServices.InlineArray(SignatureLength)]
    public struct LoaderName
    {
        private byte _first;

        public static LoaderName From(string name)
        {
            var bytes = default(LoaderName);
            Contracts.Check((name?.Length ?? 0) <= SignatureLength);
            for (int i = 0; i < name?.Length; i++)
            {
                Contracts.Check(name[i] <= 0xFF);
                bytes[i] = (byte)name[i];
            }
            return bytes;
        }

        public override string ToString() => Encoding.Latin1.GetString(this).TrimEnd('\0');
    }

    /// <summary>Leaves room for the header, which <see cref="EndWrite"/> fills in.</summary>
    public static void BeginWrite(BinaryWriter writer, out long fpMin, out ModelHeader header)
    {
        fpMin = writer.BaseStream.Position;
        header = new() { Signature = SignatureValue, VerWritten = VersionWritten, VerReadable = VersionReadable, FpModel = Size };
        writer.Write(new byte[Size]);
    }

    public static void EndWrite(BinaryWriter writer, long fpMin, ref ModelHeader header, IReadOnlyList<string> strings, string loaderAssemblyName)
    {
        writer.Flush();
        header.CbModel = Here(writer, fpMin) - header.FpModel;
        if (strings.Count > 0)
        {
            header.FpStringTable = Here(writer, fpMin);
            long end = 0;
            foreach (string s in strings)
                writer.Write(end += s.Length * sizeof(char));
            header.CbStringTable = strings.Count * sizeof(long);
            header.FpStringChars = Here(writer, fpMin);
            header.CbStringChars = end;
            writer.Write(Encoding.Unicode.GetBytes(string.Concat(strings)));
        }
        if (!string.IsNullOrEmpty(loaderAssemblyName))
        {
            header.FpAssemblyName = Here(writer, fpMin);
            header.CbAssemblyName = (uint)loaderAssemblyName.Length * sizeof(char);
            writer.Write(Encoding.Unicode.GetBytes(loaderAssemblyName));
        }
        header.FpTail = Here(writer, fpMin);
        writer.Write(TailSignatureValue);
        header.FpLim = Here(writer, fpMin);

        writer.BaseStream.Position = fpMin;
        writer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<ModelHeader>(in header)));
        writer.BaseStream.Position = fpMin + header.FpLim;
    }

    public static void SetVersionInfo(ref ModelHeader header, VersionInfo ver)
    {
        (header.ModelSignature, header.ModelVerWritten, header.ModelVerReadable) = (ver.ModelSignature, ver.VerWrittenCur, ver.VerReadableCur);
        header.LoaderSignature = LoaderName.From(ver.LoaderSignature);
        header.LoaderSignatureAlt = LoaderName.From(ver.LoaderSignatureAlt);
    }

    /// <summary>Reads and checks the header and the strings, and leaves the reader at the model.</summary>
    /// <exception cref="FormatException">It is no model, or a damaged or newer one.</exception>
    public static void BeginRead(out long fpMin, out ModelHeader header, out string[] strings, out string loaderAssemblyName, BinaryReader reader)
    {
        fpMin = reader.BaseStream.Position;
        byte[] bytes = reader.ReadBytes(Size);
        Contracts.CheckDecode(bytes.Length == Size);
        header = MemoryMarshal.Read<ModelHeader>(bytes);
        header.Validate(reader.BaseStream.Length - fpMin);
        strings = header.ReadStrings(reader, fpMin);
        loaderAssemblyName = header.FpAssemblyName == 0 ? null : Text(reader, fpMin + header.FpAssemblyName, header.CbAssemblyName);
        reader.BaseStream.Position = fpMin + header.FpTail;
        Contracts.CheckDecode(reader.ReadUInt64() == TailSignatureValue, "Corrupt model file tail");
        reader.BaseStream.Position = fpMin + header.FpModel;
    }

    public static void EndRead(long fpMin, ref ModelHeader header, BinaryReader reader)
    {
        Contracts.CheckDecode(header.FpModel + header.CbModel == reader.BaseStream.Position - fpMin);
        reader.BaseStream.Position = fpMin + header.FpLim;
    }

    public static void CheckVersionInfo(ref ModelHeader header, VersionInfo ver)
    {
        Contracts.CheckDecode(header.ModelSignature == ver.ModelSignature, "Unknown file type");
        Contracts.CheckDecode(header.ModelVerReadable <= header.ModelVerWritten, "Corrupt file header");
        if (header.ModelVerReadable > ver.VerWrittenCur)
            throw Contracts.ExceptDecode("Component '{0}' of the model is too new: version {1}, of which this one reads {2} at most.",
                ver.LoaderSignature, header.ModelVerReadable, ver.VerWrittenCur);
        if (header.ModelVerWritten < ver.VerWeCanReadBack)
            throw Contracts.ExceptDecode("Component '{0}' of the model is too old: version {1}, of which this one reads {2} at least.",
                ver.LoaderSignature, header.ModelVerWritten, ver.VerWeCanReadBack);
    }

    private static long Here(BinaryWriter writer, long fpMin) => writer.BaseStream.Position - fpMin;

    private readonly void Validate(long size)
    {
        Contracts.CheckDecode(Signature == SignatureValue, "Wrong file type");
        Contracts.CheckDecode(VerReadable <= VerWritten, "Corrupt file header");
        Contracts.CheckDecode(VerReadable <= VersionWritten, "File is too new");
        Contracts.CheckDecode(VerWritten >= VersionReadBack, "File is too old");
        // The parts follow each other without a gap: model, string table, characters, assembly name, tail.
        Contracts.CheckDecode(FpModel == Size && CbModel >= 0);
        long end = FpModel + CbModel;
        if (FpStringTable == 0)
            Contracts.CheckDecode((CbStringTable, FpStringChars, CbStringChars) == (0, 0, 0));
        else
        {
            Contracts.CheckDecode(FpStringTable == end && CbStringTable > 0 && CbStringTable % sizeof(long) == 0);
            Contracts.CheckDecode(FpStringChars == FpStringTable + CbStringTable && CbStringChars >= 0 && CbStringChars % sizeof(char) == 0);
            end = FpStringChars + CbStringChars;
        }
        Contracts.CheckDecode(FpAssemblyName == 0 ? CbAssemblyName == 0 : FpAssemblyName == end && CbAssemblyName % sizeof(char) == 0);
        Contracts.CheckDecode(FpTail == end + CbAssemblyName);
        Contracts.CheckDecode(FpLim == FpTail + sizeof(ulong));
        Contracts.CheckDecode(size >= FpLim);
    }

    private readonly string[] ReadStrings(BinaryReader reader, long fpMin)
    {
        if (FpStringTable == 0)
            return null;
        reader.BaseStream.Position = fpMin + FpStringTable;
        var ends = new long[CbStringTable / sizeof(long)];
        for (int i = 0; i < ends.Length; i++)
        {
            ends[i] = reader.ReadInt64();
            Contracts.CheckDecode(ends[i] >= (i == 0 ? 0 : ends[i - 1]) && ends[i] <= CbStringChars && ends[i] % sizeof(char) == 0);
        }
        Contracts.CheckDecode(ends[^1] == CbStringChars);
        string all = Text(reader, fpMin + FpStringChars, CbStringChars);
        return ends.Select((end, i) => all[(int)(i == 0 ? 0 : ends[i - 1] / sizeof(char))..(int)(end / sizeof(char))]).ToArray();
    }

    private static string Text(BinaryReader reader, long position, long bytes)
    {
        reader.BaseStream.Position = position;
        return Encoding.Unicode.GetString(reader.ReadBytes(checked((int)bytes)));
    }
}
