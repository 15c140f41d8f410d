using System.Globalization;
using System.Text.Json;
using Microsoft.ML.StateSpace;
using Microsoft.ML.StateSpace.Benchmarks;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;

// Usage: bench [--only training,scoring,evaluation,memory,batch,parquet,streaming,device,reads,large,long,million,scale,peers] [--data FOLDER]
//              [--output FILE.json] [--epochs N] [--megabytes 64,256,1024] [--gigabytes 5] [--steps 10000,100000,1000000] [--rows 1000000]
//              [--figure FILE.svg] [--rounds 5] [--python python3] [--cases dmm,dmm-lstm,vrnn,srnn,kalman] [--device cpu] [--batch N] [--traces FOLDER]
// "large" runs only where it is asked for: it writes a file of that many gigabytes, and its peak of memory is the process's.
// "long" and "million" likewise: they take half an hour each; "scale" draws a figure.
// "peers" likewise: it starts PyTorch programs, where the Python named has torch and numpy, and writes peers.json.
// "device" and "reads" likewise; they and "peers" compute on the --device named (cpu, cuda, cuda:1): see device.sh.
// FOLDER holds jsb_chorales.train.txt.gz; without it a data set of the same sizes is made up.
StateSpaceRuntime.Tune();
torch.set_num_threads(1);
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

DeviceTrace.Folder = Option("--traces");
int epochs = int.Parse(Option("--epochs") ?? "50");
var chorales = new Lazy<ChoraleData>(() =>
{
    var data = ChoraleData.Load(Option("--data"));
    Console.WriteLine($"{data.Source}: {data.Sequences.Count} sequences, {data.Sequences.Sum(s => s.Length)} steps; 1 thread");
    return data;
});
torch.Device Device() => DeviceChoice.Resolve(Option("--device") ?? "cpu", null, fallbackToCpu: false);
PeerOptions Peers(torch.Device device) => new(int.Parse(Option("--rounds") ?? "5"), Option("--python") ?? "python3", Option("--cases")?.Split(','), device,
    Option("--batch") is { } size ? int.Parse(size) : null);
var benchmarks = new Dictionary<string, Func<object>>
{
    ["training"] = () => TrainingSpeed.Run(chorales.Value),
    ["scoring"] = () => ScoringSpeed.Run(chorales.Value),
    ["evaluation"] = () => EvaluationSpeed.Run(chorales.Value),
    ["memory"] = () => ResidentMemory.Run(chorales.Value, epochs),
    ["batch"] = BatchSpeed.Run,
    ["parquet"] = () => ParquetReading.Run([.. (Option("--megabytes") ?? "64,256,1024").Split(',').Select(int.Parse)]),
    ["streaming"] = StreamingSpeed.Run,
    ["peers"] = () => PeerComparisons.Run(chorales.Value,
        Peers(Device())),
    ["reads"] = () => UpdateReads.Run(Device()),
    ["device"] = () => DeviceSpeed.Run(chorales.Value, Peers(Device())),
    ["long"] = () => LongSequences.Run([.. (Option("--steps") ?? "10000,100000,1000000").Split(',').Select(int.Parse)]),
    ["million"] = () => ManySequences.Run([.. (Option("--rows") ?? "1000000").Split(',').Select(int.Parse)]),
    ["scale"] = () => Scaling.Run(Option("--figure") ?? Path.Combine("artifacts", "bench", "scale.svg")),
    ["large"] = () => LargeTraining.Run(double.Parse(Option("--gigabytes") ?? "5")),
};
string[] chosen = Option("--only")?.Split(',') ?? [.. benchmarks.Keys.Where(name => name is not ("large" or "long" or "million" or "scale" or "peers" or "device" or "reads"))];
object[] results = [.. chosen.Select(name => benchmarks[name]())];
string output = Option("--output") ?? Path.Combine("artifacts", "bench", chosen is ["peers"] ? "peers.json" : "report.json");
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
File.WriteAllText(output, JsonSerializer.Serialize(results, new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase }));
Console.WriteLine($"written: {output}");
