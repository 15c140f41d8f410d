// Usage: WidenVisibility INPUT.dll OUTPUT.dll [TYPE...]
// Copies an assembly and makes the named types (Namespace.Outer+Nested; all types where none is named) and their members visible:
// types that are not public become public, internal members public, and "private protected" members protected.
// Only the compiler sees the copy. Exit codes: 0 done, 1 the input is no .NET assembly or lacks a type, 2 the command line.
using WidenVisibility;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: WidenVisibility INPUT.dll OUTPUT.dll [TYPE...]");
    return 2;
}
try
{
    byte[] image = File.ReadAllBytes(args[0]);
    Widening.Apply(image, args[2..]);
    // Under its final name only once it is complete.
    string unfinished = args[1] + ".tmp";
    File.WriteAllBytes(unfinished, image);
    File.Move(unfinished, args[1], overwrite: true);
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException or TypeNotFoundException)
{
    Console.Error.WriteLine($"{args[0]}: error: {e.Message}");
    return 1;
}
